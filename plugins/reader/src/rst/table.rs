/// Rows of a table as text, and how many lines it takes; none where no table begins.
pub fn table(lines: &[&str]) -> Option<(Vec<Vec<String>>, usize)> {
    let first = lines.first()?;
    if is_grid_rule(first) {
        return Some(grid(lines));
    }
    if is_rule(first) && first.contains("= ") {
        return simple(lines);
    }
    None
}

/// Cells between bars, one line for each row.
pub fn rows_as_text(rows: &[Vec<String>]) -> String {
    let lines = rows.iter().map(|row| row.join(" | ")).filter(|line| line.chars().any(|c| c != ' ' && c != '|'));
    lines.collect::<Vec<_>>().join("\n")
}

/// A list of lists: `* - a`, `  - b`.
pub fn list_table(lines: &[&str]) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in lines {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let row = trimmed.strip_prefix(['*', '-', '+']).filter(|_| indent == 0).map(str::trim_start);
        let cell = row.or(Some(trimmed).filter(|_| (1..=3).contains(&indent)));
        let cell = cell
            .and_then(|cell| cell.strip_prefix(['-', '*', '+']))
            .filter(|text| text.is_empty() || text.starts_with(' '));
        if row.is_some() {
            rows.push(Vec::new());
        }
        match (cell, rows.last_mut()) {
            (Some(cell), Some(row)) => row.push(cell.trim().to_owned()),
            (None, Some(row)) => append(row.last_mut(), trimmed),
            _ => {}
        }
    }
    rows
}

fn append(cell: Option<&mut String>, text: &str) {
    if let Some(cell) = cell.filter(|_| !text.trim().is_empty()) {
        if !cell.is_empty() {
            cell.push(' ');
        }
        cell.push_str(text.trim());
    }
}

fn is_grid_rule(line: &str) -> bool {
    line.len() > 2 && line.starts_with('+') && line.ends_with('+') && line.chars().all(|c| matches!(c, '+' | '-' | '='))
}

fn grid(lines: &[&str]) -> (Vec<Vec<String>>, usize) {
    let taken = lines.iter().take_while(|line| line.starts_with(['+', '|'])).count();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut is_new = true;
    for line in &lines[..taken] {
        if line.starts_with('+') && line.chars().all(|c| matches!(c, '+' | '-' | '=' | '|' | ' ')) {
            is_new = true;
            continue;
        }
        let inner = line.get(1..).unwrap_or_default();
        let cells: Vec<&str> = inner.strip_suffix(['|', '+']).unwrap_or(inner).split('|').collect();
        if std::mem::take(&mut is_new) {
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut() {
            row.resize(row.len().max(cells.len()), String::new());
            for (cell, text) in row.iter_mut().zip(cells) {
                append(Some(cell), text);
            }
        }
    }
    (rows, taken)
}

fn is_rule(line: &str) -> bool {
    line.starts_with('=') && line.chars().all(|c| matches!(c, '=' | ' '))
}

/// Columns as wide as the rules above them; a row whose first cell is empty goes on with the row before.
fn simple(lines: &[&str]) -> Option<(Vec<Vec<String>>, usize)> {
    let rules: Vec<usize> =
        (0..lines.len()).take_while(|at| *at == 0 || !is_end(lines, at - 1)).filter(|at| is_rule(lines[*at])).collect();
    let last = *rules.last().filter(|last| **last > 0)?;
    let starts = columns(lines[0]);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in &lines[1..last] {
        let is_line = line.chars().all(|c| matches!(c, '=' | '-' | ' '));
        if is_line && !line.is_empty() {
            continue;
        }
        let cells = cells(line, &starts);
        match rows.last_mut() {
            Some(row) if cells[0].is_empty() => {
                for (cell, text) in row.iter_mut().zip(cells) {
                    append(Some(cell), &text);
                }
            }
            _ if line.is_empty() => {}
            _ => rows.push(cells),
        }
    }
    Some((rows, last + 1))
}

/// The rule that nothing follows is the last one.
fn is_end(lines: &[&str], at: usize) -> bool {
    at > 0 && is_rule(lines[at]) && lines.get(at + 1).is_none_or(|next| next.is_empty()) && {
        // The first rule of the two is the table's head; a blank line after it belongs to the table.
        lines[1..at].iter().any(|line| is_rule(line)) || !lines[at + 1..].iter().take(50).any(|line| *line == lines[0])
    }
}

fn columns(rule: &str) -> Vec<usize> {
    let chars: Vec<char> = rule.chars().collect();
    (0..chars.len()).filter(|at| chars[*at] == '=' && (*at == 0 || chars[at - 1] == ' ')).collect()
}

fn cells(line: &str, starts: &[usize]) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let cell = |number: usize| -> String {
        let start = starts[number].min(chars.len());
        let end = starts.get(number + 1).copied().unwrap_or(chars.len()).clamp(start, chars.len());
        chars[start..end].iter().collect::<String>().trim().to_owned()
    };
    (0..starts.len()).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<(String, usize)> {
        let lines: Vec<&str> = text.lines().collect();
        table(&lines).map(|(rows, taken)| (rows_as_text(&rows), taken))
    }

    #[test]
    fn grids_and_simple_tables() {
        let grid = "+-----+---+\n| a   | b |\n+=====+===+\n| one | 2 |\n| two |   |\n+-----+---+\n\nafter";
        assert_eq!(shown(grid), Some(("a | b\none two | 2".to_owned(), 6)));
        let simple = "=====  ===\n a      b\n=====  ===\none     2\n        3\ntwo\n=====  ===\n\nafter";
        assert_eq!(shown(simple), Some(("a | b\none | 2 3\ntwo | ".to_owned(), 7)));
        assert_eq!(shown("== ==\na  b\n== ==\n\nText.\n"), Some(("a | b".to_owned(), 3)));
        assert_eq!(shown("=====\nTitle\n====="), None);
    }

    #[test]
    fn lists_of_lists() {
        let lines = ["* - a", "  - b", "    more", "* - c", "  -"];
        assert_eq!(rows_as_text(&list_table(&lines)), "a | b more\nc | ");
    }
}
