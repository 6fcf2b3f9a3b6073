use std::borrow::Cow;

/// What Windows-1252 has where ISO-8859-1 has control characters, from 0x80.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of an XML file in the encoding that it begins with or declares; UTF-8, UTF-16 and the western single bytes
/// are read.
pub fn decode(bytes: &[u8]) -> Result<String, String> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => utf8(text)?.into_owned(),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes)?,
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes)?,
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes)?,
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes)?,
        text => match declared(text).as_deref() {
            None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => utf8(text)?.into_owned(),
            Some("iso-8859-1" | "latin1" | "windows-1252" | "cp1252") => text.iter().copied().map(western).collect(),
            Some(other) => return Err(format!("is written in {other}, which is not read")),
        },
    };
    Ok(pathwright_api::plain::printable(&text))
}

/// `<?xml version="1.0" encoding="iso-8859-1"?>`
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_lowercase();
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0.to_owned();
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Some(value[1..].split(quote).next().unwrap_or_default().trim().to_owned())
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("is not UTF-8 (byte {})", error.valid_up_to()))?;
    Ok(Cow::Borrowed(text))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| "is not UTF-16".to_owned())
}

fn western(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_books_come_in() {
        assert_eq!(decode("\u{feff}<p>Größe</p>".as_bytes()).unwrap(), "<p>Größe</p>");
        let units: Vec<u8> = "\u{feff}<p>é</p>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&units).unwrap(), "<p>é</p>");
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><p>\xe9\x93</p>";
        assert!(decode(latin).unwrap().ends_with("<p>é“</p>"));
    }

    #[test]
    fn others_are_refused_by_name() {
        let refused = decode(b"<?xml version=\"1.0\" encoding=\"KOI8-R\"?><p>\xc1</p>").unwrap_err();
        assert_eq!(refused, "is written in koi8-r, which is not read");
        assert_eq!(decode(b"<p>\xff</p>").unwrap_err(), "is not UTF-8 (byte 3)");
        assert_eq!(decode(b"<\0\0\xd8").unwrap_err(), "is not UTF-16");
    }
}
