use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;

use super::layout::MANIFEST;
use super::seal::{self, Mark, MarkFile};
use super::{Examined, Folder, beside};

impl Folder {
    /// Takes away what was begun and never acknowledged, and puts back what is known as it was.
    pub(in super::super) fn mend(&self, found: &Examined) -> io::Result<()> {
        for (name, length) in &found.cuts {
            let file = OpenOptions::new().write(true).open(self.path.join(name))?;
            file.set_len(*length)?;
            file.sync_all()?;
        }
        if let Some(manifest) = &found.manifest {
            let fresh = self.path.join("pathwright.manifest");
            fs::write(&fresh, manifest)?;
            File::open(&fresh)?.sync_all()?;
            fs::create_dir_all(self.path.join("manifest"))?;
            fs::rename(fresh, self.path.join(MANIFEST))?;
        }
        for name in &found.removals {
            fs::remove_file(self.path.join(name))?;
        }
        seal::forget_mark(&self.path)?;
        if let Some((log, length)) = found.log {
            let mut file = MarkFile::open(&self.path)?;
            file.write(Mark { log, length, at: Utc::now(), exact: true })?;
            file.sync()?;
        }
        Ok(())
    }

    /// Goes on without what was lost, and keeps the damaged files; answers where.
    pub(in super::super) fn accept_loss(&self, found: &Examined) -> io::Result<PathBuf> {
        let aside = self.aside();
        if found.is_beyond_repair {
            self.move_to(&aside)?;
            return Ok(aside);
        }
        for name in found.cuts.keys().chain(&found.removals) {
            let copy = aside.join(name);
            fs::create_dir_all(copy.parent().unwrap_or(&aside))?;
            fs::copy(self.path.join(name), copy)?;
        }
        fs::create_dir_all(&aside)?;
        self.mend(found)?;
        Ok(aside)
    }

    /// Keeps the folder as a whole beside an empty one; answers where.
    pub(in super::super) fn set_aside(&self) -> io::Result<PathBuf> {
        let aside = self.aside();
        self.move_to(&aside)?;
        Ok(aside)
    }

    fn aside(&self) -> PathBuf {
        beside(&self.path, &format!("damaged-{}", Utc::now().format("%Y%m%dT%H%M%S%3fZ")))
    }

    fn move_to(&self, aside: &Path) -> io::Result<()> {
        fs::rename(&self.path, aside)?;
        fs::create_dir_all(&self.path)
    }
}
