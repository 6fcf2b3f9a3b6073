/// The file inside the archive, and the place in it, that a link of the file `base` leads to; none for what leads out
/// of it.
pub fn resolve(base: &str, href: &str) -> Option<(String, Option<String>)> {
    let (path, place) = match href.trim().split_once('#') {
        Some((path, place)) => (path, Some(decode(place)).filter(|place| !place.is_empty())),
        None => (href.trim(), None),
    };
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() {
        return (place.is_some()).then(|| (base.to_owned(), place));
    }
    if path.starts_with('/') || path.split('/').next().is_some_and(|first| first.contains(':')) {
        return None;
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<String> = folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(decode(part)),
        }
    }
    (!parts.is_empty()).then(|| (parts.join("/"), place))
}

/// `file` or `file#place`: how sections name each other.
pub fn name(path: &str, place: Option<&str>) -> String {
    place.map_or_else(|| path.to_owned(), |place| format!("{path}#{place}"))
}

/// `%20` as a space; what decodes to no UTF-8 stays as it is.
fn decode(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(href: &str) -> Option<String> {
        resolve("OEBPS/text/one.xhtml", href).map(|(path, place)| name(&path, place.as_deref()))
    }

    #[test]
    fn links_lead_to_files_of_the_archive() {
        assert_eq!(resolved("two.xhtml#a").as_deref(), Some("OEBPS/text/two.xhtml#a"));
        assert_eq!(resolved("../my%20toc.ncx").as_deref(), Some("OEBPS/my toc.ncx"));
        assert_eq!(resolved("#a%C3%A9").as_deref(), Some("OEBPS/text/one.xhtml#aé"));
        assert_eq!(resolved("100%.xhtml").as_deref(), Some("OEBPS/text/100%.xhtml"));
    }

    #[test]
    fn links_out_of_it_lead_nowhere() {
        for href in ["../../../etc/passwd", "/etc/passwd", "https://example.org/a", "mailto:a@example.org", "", "#"] {
            assert_eq!(resolved(href), None, "{href}");
        }
    }
}
