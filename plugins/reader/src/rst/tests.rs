use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> Vec<String> {
    let show = |block: &Block| match block {
        Block::Prose(text) => text.clone(),
        Block::Code { language, text } => format!("[{language}] {text}"),
        Block::Display(text) => format!("= {text}"),
        Block::Page(number) => format!("page {number}"),
    };
    read(text).sections.iter().flat_map(|section| &section.blocks).map(show).collect()
}

#[test]
fn sections_get_levels_by_first_use_and_the_labels_before_them() {
    let text = ":orphan:\n:Author: Ada\n\n.. _top:\n.. index:: tides\n\n=====\nTides\n=====\n\nText.\n\nHow\n---\n\n.. _deep-label:\n\nWhy\n~~~\n\nMore.\n\nEnd\n---\n";
    let document = read(text);
    let sections: Vec<_> =
        document.sections.iter().map(|part| (part.level, part.title.as_str(), part.anchors.concat())).collect();
    let expected = [
        (1, "Tides", "top".into()),
        (2, "How", String::new()),
        (3, "Why", "deep-label".into()),
        (2, "End", String::new()),
    ];
    assert_eq!(sections, expected);
    assert_eq!((document.author.as_deref(), document.sections[0].terms.concat()), (Some("Ada"), "tides".into()));
}

#[test]
fn lists_literals_and_definitions() {
    let text = "Intro::\n\n    x = 1\n\n      y\n\n* one *two*\n  more::\n\n    code\n\n* - nested\n\n1. first\n2. second\n\nterm : kind\n    Its meaning.\n\n>>> 1 + 1\n2\n\n| line\n| block\n\nQuoted::\n\n> a\n> b\n\nEnd.";
    let expected = [
        "Intro:",
        "[] x = 1\n\n  y",
        "- one two more:",
        "[] code",
        "- nested",
        "- first",
        "- second",
        "term : kind",
        "Its meaning.",
        "[python] >>> 1 + 1\n2",
        "line block",
        "Quoted:",
        "[] > a\n> b",
        "End.",
    ];
    assert_eq!(shown(text), expected);
}

#[test]
fn directives_give_their_text_code_or_nothing() {
    let text = ".. note:: Mind the *gap*\n   here.\n\n   Twice.\n\n.. code-block:: rust\n   :linenos:\n\n   fn main() {}\n\n.. math:: a = b\n   :label: eq\n\n\
        .. toctree::\n   :maxdepth: 2\n\n   one\n\n.. a comment\n   goes on\n\n.. figure:: x.png\n   :alt: no\n\n   A caption.\n\n.. versionadded:: 3.1\n\n\
        .. versionchanged:: 3.2\n   It is faster.\n\n.. topic:: A title\n\n   Its text.\n\n.. csv-table:: T\n   :header: \"a\", b\n\n   \"1, 2\", *x*\n\n\
        .. list-table::\n   * - p\n     - q\n\n.. function:: open(file, mode='r')\n              open(other)\n\n   Opens it.\n\n   :param str file: which\n\n.. unknown:: file.txt\n\n   Kept.";
    let expected = [
        "Mind the gap here.",
        "Twice.",
        "[rust] fn main() {}",
        "= $$\na = b\n$$",
        "A caption.",
        "Changed in version 3.2: It is faster.",
        "A title",
        "Its text.",
        "T",
        "= a | b\n1, 2 | x",
        "= p | q",
        "`open(file, mode='r')`",
        "`open(other)`",
        "Opens it.",
        "file: which",
        "Kept.",
    ];
    assert_eq!(shown(text), expected);
}

#[test]
fn glossaries_and_declarations_name_terms() {
    let text = "G\n=\n\n.. glossary::\n\n   ebb : noun\n   ebb tide\n      The sea falls.\n\n.. class:: Sea(level)\n\nSee :term:`ebb` and :ref:`up <Top>`.";
    let section = &read(text).sections[0];
    assert_eq!(section.terms, ["ebb", "ebb tide", "Sea"]);
    assert_eq!(section.references, ["term-ebb", "top"]);
    assert_eq!(section.anchors, ["term-ebb", "term-ebb tide"]);
}

#[test]
fn substitutions_and_tables() {
    let text = ".. |np| replace:: **NumPy**\n   arrays\n.. |pic| image:: x.png\n\nUse |np| |pic| here.\n\n+---+------+\n| a | |np| |\n+---+------+\n\n== ==\nx  *y*\n== ==\n1  2\n== ==\n";
    let shown = shown(text);
    assert_eq!(shown[0], "Use NumPy arrays here.");
    assert_eq!(shown.last().map(String::as_str), Some("= x | y\n1 | 2"));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "([ ]{0,4}(\\.\\. |::|:a:|- |[*]|1\\. |=+|-+|[+]--[+]|[|]|>>> |x|note::|_b:|\\[1\\]|`|é)?( |\n|\n\n)?){0,40}") {
        read(&text);
    }
}

#[test]
fn nesting_does_not_exhaust_the_stack() {
    for mark in ["- ", "* ", ".. note:: ", "1. "] {
        let sections = read(&(mark.repeat(1_000) + "x")).sections;
        assert!(format!("{sections:?}").contains('x'));
    }
    let steps: String = (0..300).map(|depth| format!("{}x\n", " ".repeat(depth))).collect();
    assert_eq!(read(&steps).sections[0].blocks.len(), 300);
}
