use std::collections::HashMap;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, Name, String as PdfString};

use super::objects::{catalog, leaves, text_of};

/// Which page of the file carries which printed number, as the file says: the page counted from 1, by label.
///
/// Empty where it does not say. Of pages with one label the first counts.
pub fn labels(pdf: &Pdf) -> HashMap<String, u32> {
    let count = pdf.pages().len();
    let Some(tree) = catalog(pdf).and_then(|root| root.get::<Dict<'_>>("PageLabels")) else {
        return HashMap::new();
    };
    let range = |(start, style): (hayro_syntax::object::Object<'_>, hayro_syntax::object::Object<'_>)| {
        Some((usize::try_from(start.into_i32()?).ok()?, Style::new(&style.into_dict()?)))
    };
    let mut ranges: Vec<(usize, Style)> = leaves(tree, "Nums").into_iter().filter_map(range).collect();
    ranges.sort_by_key(|(start, _)| *start);
    let mut labels = HashMap::new();
    for (at, (start, style)) in ranges.iter().enumerate() {
        let end = ranges.get(at + 1).map_or(count, |next| next.0).min(count);
        for page in *start..end {
            labels.entry(style.label(page - start)).or_insert(page as u32 + 1);
        }
    }
    labels
}

struct Style {
    kind: u8,
    prefix: String,
    first: usize,
}

impl Style {
    fn new(dict: &Dict<'_>) -> Self {
        Self {
            kind: dict.get::<Name<'_>>("S").and_then(|name| name.as_str().bytes().next()).unwrap_or_default(),
            prefix: dict.get::<PdfString<'_>>("P").map(|prefix| text_of(prefix.as_bytes())).unwrap_or_default(),
            first: dict.get::<i32>("St").and_then(|first| usize::try_from(first).ok()).unwrap_or(1),
        }
    }

    fn label(&self, after: usize) -> String {
        let number = self.first.saturating_add(after);
        let numeral = match self.kind {
            b'D' => number.to_string(),
            b'r' => roman(number),
            b'R' => roman(number).to_uppercase(),
            b'a' | b'A' => letter(number, self.kind),
            _ => String::new(),
        };
        format!("{}{numeral}", self.prefix)
    }
}

fn letter(number: usize, first: u8) -> String {
    let at = number.saturating_sub(1);
    let letter = char::from(first + (at % 26) as u8);
    letter.to_string().repeat((at / 26 + 1).min(20))
}

/// A number in small Roman numerals.
pub fn roman(number: usize) -> String {
    const NUMERALS: [(usize, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut rest = number.min(4999);
    let mut text = String::new();
    for (value, numeral) in NUMERALS {
        text.push_str(&numeral.repeat(rest / value));
        rest %= value;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_of_pages() {
        assert_eq!([4, 9, 14, 1990].map(roman), ["iv", "ix", "xiv", "mcmxc"]);
        assert_eq!((letter(1, b'a'), letter(28, b'A')), ("a".into(), "BB".into()));
        let style = Style { kind: b'D', prefix: "A-".into(), first: 3 };
        assert_eq!(style.label(2), "A-5");
    }
}
