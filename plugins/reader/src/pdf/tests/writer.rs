use std::fmt::Write;

/// Writes small PDF files, so that tests need none.
#[derive(Default)]
pub struct Writer {
    /// Content of each page.
    pages: Vec<String>,
    outline: Vec<(String, usize, f32)>,
    info: String,
    trailer: String,
}

/// `/F1`: the upright font of most text.
pub const PLAIN: &str = "F1";
/// `/F2`: bold.
pub const BOLD: &str = "F2";
/// `/F3`: a typewriter's.
pub const FIXED: &str = "F3";
/// `/F4`: code 1 is the ligature fi.
pub const LIGATURES: &str = "F4";
/// `/F5`: says nothing about its characters.
pub const NAMELESS: &str = "F5";

const FONTS: [&str; 5] = [
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
    "<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[1/fi]>>>>",
    "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 97/LastChar 122/Widths[5 5 5 5 5 5 5 5 5 5 5 \
     5 5 5 5 5 5 5 5 5 5 5 5 5 5 5]/CharProcs<<>>/Encoding<</Differences[97/g1/g2/g3/g4/g5/g6]>>>>",
];

impl Writer {
    pub fn page(&mut self) -> &mut Self {
        self.pages.push(String::new());
        self
    }

    /// A line on the last page: points from the left and from the upper edge of a page of 600 by 800.
    pub fn text(&mut self, font: &str, size: f32, (left, top): (f32, f32), text: &str) -> &mut Self {
        let text = text.replace('(', "\\(").replace(')', "\\)");
        let shown = format!("BT /{font} {size} Tf {left} {} Td ({text}) Tj ET\n", 800.0 - top);
        self.raw(&shown)
    }

    /// Lines below each other in the font of most text.
    pub fn lines(&mut self, left: f32, top: f32, lines: &[&str]) -> &mut Self {
        for (at, line) in lines.iter().enumerate() {
            self.text(PLAIN, 10.0, (left, top + 12.0 * at as f32), line);
        }
        self
    }

    pub fn raw(&mut self, content: &str) -> &mut Self {
        if let Some(page) = self.pages.last_mut() {
            page.push_str(content);
        }
        self
    }

    /// A bookmark to a height on a page, counted from 0.
    pub fn bookmark(&mut self, title: &str, page: usize, top: f32) -> &mut Self {
        self.outline.push((title.to_owned(), page, top));
        self
    }

    pub fn info(&mut self, info: &str) -> &mut Self {
        info.clone_into(&mut self.info);
        self
    }

    pub fn trailer(&mut self, entries: &str) -> &mut Self {
        entries.clone_into(&mut self.trailer);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut file = String::from("%PDF-1.4\n");
        let mut places = Vec::new();
        for (at, object) in self.objects().iter().enumerate() {
            places.push(file.len());
            let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", at + 1);
        }
        let start = file.len();
        let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
        for place in &places {
            let _ = writeln!(file, "{place:010} 00000 n ");
        }
        let size = places.len() + 1;
        let _ =
            write!(file, "trailer\n<</Size {size}/Root 1 0 R/Info 3 0 R{}>>\nstartxref\n{start}\n%%EOF", self.trailer);
        file.into_bytes()
    }

    /// 1 the root, 2 the pages, 3 the metadata, 4 to 8 the fonts, then pages and contents in turn, then bookmarks.
    fn objects(&self) -> Vec<String> {
        let first = 4 + FONTS.len();
        let marks = first + 2 * self.pages.len();
        let mut objects = vec![format!("<</Type/Catalog/Pages 2 0 R/Outlines {marks} 0 R>>")];
        let kids: Vec<String> = (0..self.pages.len()).map(|at| format!("{} 0 R", first + 2 * at)).collect();
        let fonts: Vec<String> = (0..FONTS.len()).map(|at| format!("/F{} {} 0 R", at + 1, at + 4)).collect();
        objects.push(format!(
            "<</Type/Pages/Count {}/Kids[{}]/MediaBox[0 0 600 800]/Resources<</Font<<{}>>>>>>",
            kids.len(),
            kids.join(" "),
            fonts.concat()
        ));
        objects.push(format!("<<{}>>", self.info));
        objects.extend(FONTS.iter().map(|font| (*font).to_owned()));
        for (at, content) in self.pages.iter().enumerate() {
            objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", first + 2 * at + 1));
            objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
        }
        objects.push(format!("<</Type/Outlines/First {} 0 R>>", marks + 1));
        for (at, (title, page, top)) in self.outline.iter().enumerate() {
            let next =
                if at + 1 < self.outline.len() { format!("/Next {} 0 R", marks + 2 + at) } else { String::new() };
            let place = format!("[{} 0 R/XYZ 0 {} null]", first + 2 * page, 800.0 - top);
            objects.push(format!("<</Title({title})/Dest{place}{next}>>"));
        }
        objects
    }
}
