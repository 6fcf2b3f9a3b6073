use std::fmt::Write;

use nbformat::{Notebook, legacy, parse_notebook, v4};

use super::document::Document;
use super::markdown;

/// Reads a Jupyter notebook of format 4: prose as Markdown, code cells as code, outputs left out.
pub fn read(text: &str) -> Result<Document, String> {
    let cells = match parse_notebook(text).map_err(|error| error.to_string())? {
        Notebook::V4(notebook) => v4_cells(notebook),
        Notebook::V4QuirksMode(quirks) => v4_cells(quirks.repair()),
        Notebook::Legacy(notebook) => legacy_cells(notebook),
        _ => return Err("only notebooks of format 4 are read; open and save it with a current Jupyter".to_owned()),
    };
    let mut whole = String::new();
    for cell in cells {
        match cell {
            Cell::Markdown(text) => {
                let _ = writeln!(whole, "{text}\n");
            }
            Cell::Code(text) => {
                let fence = "`".repeat(longest_run(&text).max(2) + 1);
                let _ = writeln!(whole, "{fence}python\n{text}\n{fence}\n");
            }
        }
    }
    Ok(markdown::read(&whole))
}

enum Cell {
    Markdown(String),
    Code(String),
}

fn v4_cells(notebook: v4::Notebook) -> Vec<Cell> {
    let cell = |cell| match cell {
        v4::Cell::Markdown { source, .. } => Some(Cell::Markdown(source.concat())),
        v4::Cell::Code { source, .. } => Some(Cell::Code(source.concat())),
        v4::Cell::Raw { .. } => None,
    };
    notebook.cells.into_iter().filter_map(cell).collect()
}

fn legacy_cells(notebook: legacy::Notebook) -> Vec<Cell> {
    let cell = |cell| match cell {
        legacy::Cell::Markdown { source, .. } => Some(Cell::Markdown(source.concat())),
        legacy::Cell::Code { source, .. } => Some(Cell::Code(source.concat())),
        legacy::Cell::Raw { .. } => None,
    };
    notebook.cells.into_iter().filter_map(cell).collect()
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::document::Block;
    use super::*;

    #[test]
    fn prose_and_code_without_outputs() {
        let notebook = r##"{"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Matching\n", "Compare *like* with like."]},
            {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "x = 1",
             "outputs": [{"output_type": "stream", "name": "stdout", "text": ["secret"]}]}]}"##;
        let document = read(notebook).unwrap();
        assert_eq!(document.title.as_deref(), Some("Matching"));
        let expected = [
            Block::Prose("Compare like with like.".into()),
            Block::Code { language: "python".into(), text: "x = 1".into() },
        ];
        assert_eq!(document.sections[0].blocks, expected);
    }

    #[test]
    fn what_is_no_notebook_is_refused() {
        assert!(read("{\"cells\": 3}").is_err());
        assert!(read("not json").is_err());
    }
}
