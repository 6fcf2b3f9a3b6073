use super::super::document::{Block, DocumentBuilder};
use super::flow::{Body, Placed, Role, has_room};
use super::glyphs::UNKNOWN;
use super::hyphens::Vocabulary;
use super::items::item;
use super::kinds::{Kind, kind};

/// Hands the lines of a book over as headings and blocks.
pub fn deliver(flow: &[Placed], body: &Body, builder: &mut DocumentBuilder) {
    let vocabulary = Vocabulary::of(flow);
    let mut writer = Writer { body, vocabulary, builder, open: None, notes: Vec::new(), page: 0 };
    let mut before: Option<&Placed> = None;
    for (at, placed) in flow.iter().enumerate() {
        for heading in &placed.opens {
            writer.close();
            writer.builder.heading(heading.level.clamp(1, 6), &heading.title);
        }
        match placed.role {
            Role::Gone => continue,
            Role::Note => writer.note(placed),
            Role::Text => writer.line(placed, kind(flow, at, before, body)),
        }
        before = Some(placed);
    }
    writer.close();
}

/// Lines that make one block, so far.
struct Open<'f> {
    kind: Kind,
    is_item: bool,
    lines: Vec<&'f Placed>,
}

struct Writer<'f, 'b> {
    body: &'f Body,
    vocabulary: Vocabulary,
    builder: &'b mut DocumentBuilder,
    open: Option<Open<'f>>,
    /// Footnotes that wait for the end of the paragraph around them, and their page.
    notes: Vec<(u32, String)>,
    /// The page said last.
    page: u32,
}

impl<'f> Writer<'f, '_> {
    fn line(&mut self, placed: &'f Placed, kind: Kind) {
        let goes_on = self.open.as_ref().is_some_and(|open| open.kind == kind && open.goes_on(placed, self.body));
        if !goes_on {
            self.close();
            let is_item = item(&placed.line.text, true).is_some();
            self.open = Some(Open { kind, is_item, lines: Vec::new() });
        }
        if let Some(open) = &mut self.open {
            open.lines.push(placed);
        }
    }

    fn note(&mut self, placed: &Placed) {
        let begins = placed.line.text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '*' | '†' | '‡'));
        match self.notes.last_mut() {
            Some((_, note)) if !(begins && ends_sentence(note)) => self.vocabulary.join(note, &placed.line.text),
            _ => self.notes.push((placed.page, placed.line.text.clone())),
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            let page = open.lines[0].page;
            let block = self.block(&open);
            self.emit(page, block);
        }
        for (page, note) in std::mem::take(&mut self.notes) {
            self.emit(page, Block::Prose(note));
        }
    }

    fn block(&self, open: &Open<'_>) -> Block {
        let lines = || open.lines.iter().map(|placed| placed.line.text.as_str());
        match open.kind {
            Kind::Code => Block::Code { language: String::new(), text: code(&open.lines) },
            Kind::Formula => Block::Display(lines().collect::<Vec<_>>().join("\n")),
            Kind::Table => Block::Display(open.lines.iter().map(|placed| cells(placed)).collect::<Vec<_>>().join("\n")),
            Kind::Prose => {
                let mut text = String::new();
                for line in lines() {
                    self.vocabulary.join(&mut text, line);
                }
                let listed = item(&text, true).map(|rest| format!("- {rest}"));
                Block::Prose(listed.unwrap_or(text))
            }
        }
    }

    fn emit(&mut self, page: u32, block: Block) {
        let cleaned = |text: String| text.replace([UNKNOWN, '\u{ad}'], "");
        let block = match block {
            Block::Prose(text) => Block::Prose(pathwright_api::text::squeeze(&cleaned(text))),
            Block::Display(text) => Block::Display(cleaned(text)),
            Block::Code { language, text } => Block::Code { language, text: cleaned(text) },
            Block::Page(number) => Block::Page(number),
        };
        if block.words() == 0 {
            return;
        }
        if page > self.page {
            self.builder.page(page);
            self.page = page;
        }
        self.builder.block(block);
    }
}

impl Open<'_> {
    fn goes_on(&self, placed: &Placed, body: &Body) -> bool {
        let last = self.lines[self.lines.len() - 1];
        let distance = placed.distance(last);
        match self.kind {
            Kind::Code => placed.first || distance < 3.2,
            Kind::Table | Kind::Formula => !placed.first && distance < 2.2,
            Kind::Prose if placed.first => self.goes_on_overleaf(last, placed, body),
            Kind::Prose => self.goes_on_below(last, placed, body, distance),
        }
    }

    fn goes_on_below(&self, last: &Placed, placed: &Placed, body: &Body, distance: f32) -> bool {
        let em = placed.line.size;
        let ended = ends_sentence(&last.line.text);
        let leading = match self.lines.as_slice() {
            [.., above, below] if !below.first => below.distance(above).clamp(0.9, 2.5),
            _ => body.leading,
        };
        let shift = placed.line.left - last.line.left;
        let aligned = match self.lines.len() {
            1 if shift > 0.8 * em => self.is_item || !has_room(last, placed),
            1 if shift < -0.8 * em => !self.is_item || shift > -2.5 * em && !ended,
            1 => true,
            _ => shift.abs() < 0.8 * em || (shift.abs() < 3.0 * em && !ended && !has_room(last, placed)),
        };
        let starts_item = item(&placed.line.text, ended || last.line.text.ends_with(':') || self.is_item).is_some();
        let resized = resized(last, placed);
        let ended_short = has_room(last, placed) && (ended || !starts_small(&placed.line.text) && self.is_item);
        distance < 1.3 * leading && aligned && !starts_item && !resized && !ended_short
    }

    /// On the next page or column the distance says nothing.
    fn goes_on_overleaf(&self, last: &Placed, placed: &Placed, body: &Body) -> bool {
        let em = placed.line.size;
        let inset = |placed: &Placed| placed.line.left - placed.left;
        let usual = if self.lines.len() > 1 || self.is_item { inset(last) } else { 0.0 };
        let indented = inset(placed) - usual > 0.8 * em && !self.is_item;
        let ended = ends_sentence(&last.line.text);
        let resized = resized(last, placed);
        let starts_item = item(&placed.line.text, true).is_some();
        let fresh = ended && (has_room(last, placed) || !body.indents);
        !indented && !resized && !starts_item && (!fresh || starts_small(&placed.line.text))
    }
}

/// Code in a line of prose is often set smaller, and can make up most of it.
fn resized(last: &Placed, placed: &Placed) -> bool {
    (placed.line.size - last.line.size).abs() > 0.24 * placed.line.size.max(last.line.size)
}

fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(['"', '\'', ')', '\u{201d}', '\u{2019}', ']']);
    bare.ends_with(['.', '!', '?', ':', ';'])
}

fn starts_small(text: &str) -> bool {
    text.starts_with(|c: char| c.is_lowercase())
}

/// Lines with the blanks before and between them.
fn code(lines: &[&Placed]) -> String {
    let left = lines.iter().map(|placed| placed.line.left - placed.left).fold(f32::MAX, f32::min);
    let steps = lines.windows(2).filter(|pair| !pair[1].first).map(|pair| pair[1].distance(pair[0]));
    let step = steps.filter(|step| *step > 0.5).fold(f32::MAX, f32::min).min(1.8);
    let mut text = String::new();
    for (at, placed) in lines.iter().enumerate() {
        if at > 0 {
            text.push('\n');
            let above = lines[at - 1];
            if !placed.first && placed.distance(above) > 1.5 * step {
                text.push('\n');
            }
        }
        let inset = placed.line.left - placed.left - left;
        let blanks = placed.line.cell.map_or(0.0, |cell| inset / cell.max(0.5));
        text.push_str(&" ".repeat(blanks.round().clamp(0.0, 100.0) as usize));
        text.push_str(&placed.line.text);
    }
    text
}

/// The cells of a table's row.
fn cells(placed: &Placed) -> String {
    let text = placed.line.text.as_str();
    let mut cells = Vec::new();
    let mut from = 0;
    for end in placed.line.gaps.iter().copied().chain([text.len()]) {
        cells.push(text.get(from..end).unwrap_or_default().trim());
        from = end;
    }
    cells.retain(|cell| !cell.is_empty());
    cells.join(" | ")
}
