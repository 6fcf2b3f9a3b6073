use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier, String as PdfString};

use super::letters::clean;
use super::objects::{catalog, leaves, raw, text_of};

/// More entries are not read.
const MOST_ENTRIES: usize = 20_000;
/// Deeper entries are not read.
const DEEPEST: u8 = 12;

/// A bookmark: what the file itself calls a part of the book, and where that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    /// 1 for a top entry.
    pub level: u8,
    pub title: String,
    /// Counted from 0.
    pub page: usize,
    /// Points below the page's upper edge, where the file says so.
    pub top: Option<f32>,
}

/// The file's bookmarks in order; those that lead nowhere in the file are left out.
pub fn bookmarks(pdf: &Pdf) -> Vec<Bookmark> {
    let Some(root) = catalog(pdf) else {
        return Vec::new();
    };
    let Some(outlines) = root.get::<Dict<'_>>("Outlines") else {
        return Vec::new();
    };
    let places = Places::new(pdf, &root);
    let mut found = Vec::new();
    let mut visited = HashSet::new();
    let mut open: Vec<(u8, Dict<'_>)> = outlines.get::<Dict<'_>>("First").map(|first| (1, first)).into_iter().collect();
    while let Some((level, entry)) = open.pop() {
        let again = entry.obj_id().is_some_and(|id| !visited.insert(id));
        if again || found.len() >= MOST_ENTRIES || visited.len() > 4 * MOST_ENTRIES {
            continue;
        }
        open.extend(entry.get::<Dict<'_>>("Next").map(|next| (level, next)));
        if level < DEEPEST {
            open.extend(entry.get::<Dict<'_>>("First").map(|first| (level + 1, first)));
        }
        found.extend(places.bookmark(level, &entry));
    }
    found
}

/// Finds the places that bookmarks name.
struct Places<'a> {
    pdf: &'a Pdf,
    pages: HashMap<ObjectIdentifier, usize>,
    names: HashMap<Vec<u8>, Object<'a>>,
}

impl<'a> Places<'a> {
    fn new(pdf: &'a Pdf, root: &Dict<'a>) -> Self {
        let ids = pdf.pages().iter().enumerate();
        let pages = ids.filter_map(|(at, page)| Some((page.raw().obj_id()?, at))).collect();
        let mut names = HashMap::new();
        if let Some(old) = root.get::<Dict<'a>>("Dests") {
            let keys: Vec<Name<'a>> = old.keys().take(MOST_ENTRIES).collect();
            names.extend(keys.into_iter().filter_map(|key| Some((key.to_vec(), old.get::<Object<'a>>(&*key)?))));
        }
        if let Some(tree) = root.get::<Dict<'a>>("Names").and_then(|names| names.get::<Dict<'a>>("Dests")) {
            let keyed = leaves(tree, "Names").into_iter();
            names.extend(keyed.filter_map(|(key, place)| Some((key.into_string()?.as_bytes().to_vec(), place))));
        }
        Self { pdf, pages, names }
    }

    fn bookmark(&self, level: u8, entry: &Dict<'a>) -> Option<Bookmark> {
        let title = clean(&text_of(entry.get::<PdfString<'a>>("Title")?.as_bytes()));
        let place = entry.get::<Object<'a>>("Dest").or_else(|| entry.get::<Dict<'a>>("A")?.get::<Object<'a>>("D"))?;
        let (page, top) = self.place(place)?;
        let title = pathwright_api::text::squeeze(&title);
        (!title.is_empty()).then_some(Bookmark { level, title, page, top })
    }

    fn place(&self, place: Object<'a>) -> Option<(usize, Option<f32>)> {
        let named = match &place {
            Object::String(name) => self.names.get(name.as_bytes()).cloned(),
            Object::Name(name) => self.names.get(&**name).cloned(),
            _ => None,
        };
        let array = match named.unwrap_or(place) {
            Object::Array(array) => array,
            Object::Dict(dict) => dict.get::<Array<'a>>("D")?,
            _ => return None,
        };
        let page = match raw(&array).next()? {
            MaybeRef::Ref(page) => *self.pages.get(&ObjectIdentifier::from(page))?,
            MaybeRef::NotRef(number) => usize::try_from(number.into_i32()?).ok()?,
        };
        let rest: Vec<Object<'a>> = array.iter::<Object<'a>>().skip(1).take(4).collect();
        let kind = rest.first().cloned().and_then(Object::into_name);
        let height = match kind.as_ref().map(Name::as_str) {
            Some("XYZ") => rest.get(2).cloned().and_then(Object::into_f32),
            Some("FitH" | "FitBH") => rest.get(1).cloned().and_then(Object::into_f32),
            _ => None,
        };
        Some((page, height.and_then(|height| self.below_edge(page, height))))
    }

    fn below_edge(&self, page: usize, height: f32) -> Option<f32> {
        let area = self.pdf.pages().get(page)?.intersected_crop_box();
        let top = area.y1 as f32 - height;
        (top.is_finite() && top > 0.0).then_some(top)
    }
}
