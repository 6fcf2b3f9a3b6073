use super::directive::{Kind, declared, index_terms, kind, option, parts};
use super::inline::{label, plain};
use super::lines::{dedented, indented};
use super::{Reader, table};

impl Reader {
    /// Directives, targets, notes, comments.
    pub fn explicit(&mut self, lines: &[&str], depth: usize) -> usize {
        let rest = lines[0][2..].trim_start();
        if rest.is_empty() && lines.get(1).is_none_or(|next| next.is_empty()) {
            return 1;
        }
        let taken = indented(lines, 1);
        let block = dedented(&lines[1..taken], usize::MAX);
        if let Some(target) = rest.strip_prefix('_') {
            self.target(target, &block);
        } else if let Some((_, note)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let mut inner = vec![note.trim_start()];
            inner.extend(&block);
            self.body(&inner, depth + 1);
        } else if let Some((name, argument)) = rest.split_once("::").filter(|(name, _)| is_directive_name(name)) {
            self.directive(name, argument.trim(), &block, depth);
        }
        taken
    }

    /// `.. _name:` names what follows; with an address behind it, it names that.
    fn target(&mut self, target: &str, block: &[&str]) {
        let name = match target.strip_prefix('`') {
            Some(quoted) => quoted.split_once("`:"),
            None => target.split_once(": ").or(target.strip_suffix(':').map(|name| (name, ""))),
        };
        if let Some((name, address)) = name
            && address.trim().is_empty()
            && block.is_empty()
            && name != "_"
        {
            self.labels.push(label(name));
        }
    }

    fn directive(&mut self, name: &str, argument: &str, block: &[&str], depth: usize) {
        let parts = parts(block);
        if let Some(name) = parts.option("name") {
            self.labels.push(label(name));
        }
        match kind(name) {
            Kind::Nothing => {}
            Kind::Highlight => {
                argument.split_whitespace().next().unwrap_or_default().clone_into(&mut self.language);
            }
            Kind::Code(language) => {
                let named = argument.split_whitespace().next().unwrap_or_default();
                let lines = if parts.options.is_empty() { block } else { parts.content };
                self.code(language.unwrap_or(named), lines);
            }
            Kind::Math => self.math([argument].iter().chain(&parts.argument).chain(parts.content)),
            Kind::Remark => {
                let mut inner = vec![argument];
                inner.extend(&parts.argument);
                inner.extend(parts.content);
                self.body(&inner, depth + 1);
            }
            Kind::Titled => self.titled(argument, parts.content, depth),
            Kind::Other if argument.contains(' ') => self.titled(argument, parts.content, depth),
            Kind::Content | Kind::Other => self.body(parts.content, depth + 1),
            Kind::Version(word) => self.version(word, argument, parts.content, depth),
            Kind::ListTable => self.table(argument, table::list_table(parts.content)),
            Kind::CsvTable => self.table(argument, csv_rows(parts.option("header"), parts.content)),
            Kind::Glossary => self.glossary(parts.content, depth),
            Kind::Index => self.terms.extend([argument].iter().chain(block).flat_map(|entry| index_terms(entry))),
            Kind::Module => self.terms.push(argument.to_owned()),
            Kind::Declaration { is_term } => self.declaration(argument, block, is_term, depth),
        }
    }

    /// Declarations, each on a line, and below them what they mean.
    fn declaration(&mut self, argument: &str, block: &[&str], is_term: bool, depth: usize) {
        let more = block.iter().take_while(|line| !line.is_empty() && option(line).is_none());
        let declarations = [argument].into_iter().chain(more.copied()).map(|line| line.trim_end_matches('\\').trim());
        let declarations: Vec<&str> = declarations.collect();
        for line in declarations.iter().filter(|line| !line.is_empty()) {
            if is_term {
                self.terms.push(declared(line).to_owned());
            }
            self.say(&format!("`{line}`"));
        }
        let parts = parts(block);
        let content = if parts.options.is_empty() { &block[declarations.len() - 1..] } else { parts.content };
        self.body(content, depth + 1);
    }

    fn math(&mut self, lines: impl Iterator<Item = impl AsRef<str>>) {
        let lines: Vec<String> =
            lines.map(|line| line.as_ref().to_owned()).filter(|line| !line.trim().is_empty()).collect();
        if !lines.is_empty() {
            self.display(&format!("$$\n{}\n$$", lines.join("\n")));
        }
    }

    fn titled(&mut self, title: &str, content: &[&str], depth: usize) {
        self.prose(title);
        self.body(content, depth + 1);
    }

    /// A version alone is no text.
    fn version(&mut self, word: &str, argument: &str, content: &[&str], depth: usize) {
        let (version, text) = argument.split_once(' ').unwrap_or((argument, ""));
        let first = content.iter().position(|line| !line.is_empty());
        let begins = first.map_or("", |at| content[at]);
        if text.is_empty() && begins.is_empty() {
            return;
        }
        let line = format!("{word} {version}: {text}");
        let mut inner = vec![line.as_str()];
        inner.extend(first.map_or([].as_slice(), |at| &content[at..]));
        self.body(&inner, depth + 1);
    }

    fn table(&mut self, title: &str, rows: Vec<Vec<String>>) {
        self.prose(title);
        self.rows(rows);
    }

    pub fn rows(&mut self, mut rows: Vec<Vec<String>>) {
        for cell in rows.iter_mut().flatten() {
            let inline = plain(cell, &self.substitutions);
            *cell = inline.text;
            self.collect(inline.anchors, inline.references, inline.terms);
        }
        let text = table::rows_as_text(&rows);
        self.display(&text);
    }

    /// Terms, alone or several above one definition, and what they mean.
    fn glossary(&mut self, lines: &[&str], depth: usize) {
        for line in lines.iter().filter(|line| !line.is_empty() && !line.starts_with(' ')) {
            let term = plain(line.split(" : ").next().unwrap_or_default(), &self.substitutions).text;
            self.labels.push(format!("term-{}", label(&term)));
            self.terms.push(term);
        }
        self.body(lines, depth + 1);
    }
}

fn is_directive_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '+' | '.'))
}

/// Rows of comma-separated values.
pub fn csv_rows(header: Option<&str>, lines: &[&str]) -> Vec<Vec<String>> {
    let text = header.into_iter().chain(lines.iter().copied()).collect::<Vec<_>>().join("\n");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let rows = reader.records().filter_map(Result::ok);
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}
