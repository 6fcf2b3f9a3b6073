use std::collections::HashSet;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Object};

/// Nodes of a tree that are visited at most, however many the file makes up.
const MOST_NODES: usize = 200_000;

/// The root of the file's objects.
pub fn catalog(pdf: &Pdf) -> Option<Dict<'_>> {
    pdf.xref().get(pdf.xref().root_id())
}

/// A text string as files hold it: UTF-16 or UTF-8 with a mark in front, else nearly Latin-1.
pub fn text_of(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| of_latin(*byte)).collect(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// Where the encoding of PDF's own texts differs from Latin-1: ISO 32000, table D.2.
fn of_latin(byte: u8) -> char {
    const FROM_80: [char; 31] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž',
    ];
    match byte {
        0x80..=0x9e => FROM_80[usize::from(byte) - 0x80],
        0xa0 => '€',
        byte => char::from(byte),
    }
}

/// A name tree or number tree, flat: each key with its value, in order.
pub fn leaves<'a>(root: Dict<'a>, entries: &str) -> Vec<(Object<'a>, Object<'a>)> {
    let mut found = Vec::new();
    let mut open = vec![root];
    let mut visited = HashSet::new();
    while let Some(node) = open.pop() {
        let again = node.obj_id().is_some_and(|id| !visited.insert(id));
        if again || found.len() > MOST_NODES {
            continue;
        }
        if let Some(pairs) = node.get::<Array<'a>>(entries) {
            let values: Vec<Object<'a>> = pairs.iter::<Object<'a>>().take(2 * MOST_NODES).collect();
            found.extend(values.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())));
        }
        if let Some(kids) = node.get::<Array<'a>>("Kids") {
            let mut kids: Vec<Dict<'a>> =
                kids.iter::<Dict<'a>>().take(MOST_NODES - open.len().min(MOST_NODES)).collect();
            kids.reverse();
            open.append(&mut kids);
        }
    }
    found
}

/// The elements of an array as they stand, references unresolved.
pub fn raw<'a>(array: &Array<'a>) -> impl Iterator<Item = MaybeRef<Object<'a>>> {
    array.raw_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_all_their_encodings() {
        assert_eq!(text_of(b"\xfe\xff\0A\x20\x19"), "A\u{2019}");
        assert_eq!(text_of(b"\xef\xbb\xbf\xc3\xa9"), "é");
        assert_eq!(text_of(b"caf\xe9 \x85"), "café –");
    }
}
