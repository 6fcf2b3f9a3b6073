use proptest::prelude::*;

use super::super::document::{Block, Document};
use super::read;
use writer::{BOLD, FIXED, LIGATURES, NAMELESS, PLAIN, Writer};

mod writer;

fn prose(text: &str) -> Block {
    Block::Prose(text.into())
}

fn book(build: impl FnOnce(&mut Writer)) -> Document {
    read(&file(build)).unwrap()
}

fn file(build: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::default();
    build(&mut writer);
    writer.bytes()
}

fn titles(document: &Document) -> Vec<(u8, &str)> {
    document.sections.iter().map(|section| (section.level, section.title.as_str())).collect()
}

#[test]
fn bookmarks_are_headings_and_text_before_them_belongs_to_the_section_before() {
    let document = book(|writer| {
        writer.info("/Title(On trees)/Author(Ada)").page();
        writer.text(BOLD, 16.0, (50.0, 100.0), "1 Roots").lines(50.0, 130.0, &["Roots hold the tree in the ground."]);
        writer.page().lines(50.0, 80.0, &["They also drink."]);
        writer.text(BOLD, 16.0, (50.0, 150.0), "2 Leaves").lines(50.0, 180.0, &["Leaves make sugar out of light."]);
        writer.bookmark("Roots", 0, 85.0).bookmark("Leaves", 1, 135.0);
    });
    assert_eq!((document.title.as_deref(), document.author.as_deref()), (Some("On trees"), Some("Ada")));
    assert_eq!(titles(&document), [(1, "Roots"), (1, "Leaves")]);
    let expected =
        [Block::Page(1), prose("Roots hold the tree in the ground."), Block::Page(2), prose("They also drink.")];
    assert_eq!(document.sections[0].blocks, expected);
    assert_eq!(document.sections[1].blocks, [prose("Leaves make sugar out of light.")]);
}

#[test]
fn without_bookmarks_large_and_bold_lines_are_headings() {
    let document = book(|writer| {
        for chapter in ["Roots", "Leaves"] {
            let first = format!("A line of the text that is read, on {chapter}");
            let text = [first.as_str(), &format!("long enough to be told from {chapter} above.")];
            writer.page().text(BOLD, 20.0, (50.0, 100.0), chapter).lines(50.0, 140.0, &text);
            writer.text(BOLD, 10.0, (50.0, 190.0), "A part of it").lines(50.0, 204.0, &text);
        }
    });
    assert_eq!(titles(&document), [(1, "Roots"), (2, "A part of it"), (1, "Leaves"), (2, "A part of it")]);
}

#[test]
fn heads_and_feet_go_and_a_paragraph_goes_on_over_the_page() {
    let document = book(|writer| {
        for page in 1..7 {
            writer.page().text(PLAIN, 9.0, (50.0, 40.0), "On trees").text(
                PLAIN,
                9.0,
                (290.0, 770.0),
                &page.to_string(),
            );
            let word = ["one", "two", "three", "four", "five", "six"][page - 1];
            let first = format!("and {word} grows on the other side of the page, where the");
            let last = format!("text of {word} breaks off in the middle of a sentence, {word}");
            writer.lines(50.0, 80.0, &[&first, &last]);
        }
    });
    let blocks = &document.sections[0].blocks;
    assert_eq!(blocks.len(), 2, "{blocks:?}");
    assert_eq!(blocks[0], Block::Page(1));
    let Block::Prose(text) = &blocks[1] else { panic!("{blocks:?}") };
    assert!(
        text.contains("sentence, one and two grows") && !text.contains("On trees") && !text.contains('6'),
        "{text}"
    );
}

#[test]
fn parted_words_and_ligatures_are_put_together() {
    let document = book(|writer| {
        writer.page().lines(50.0, 80.0, &["The derivative of a well-known function is a deriva-", "tive, as a well-"]);
        writer.lines(50.0, 104.0, &["known book says, of the"]).text(LIGATURES, 10.0, (50.0, 116.0), "\x01nest kind");
    });
    let text = "The derivative of a well-known function is a derivative, as a well-known book says, of the finest kind";
    assert_eq!(document.sections[0].blocks, [Block::Page(1), prose(text)]);
}

#[test]
fn columns_are_read_one_after_the_other() {
    let column = |word: &str| (0..9).map(|at| format!("{word} {at} with a number of words, said")).collect::<Vec<_>>();
    let document = book(|writer| {
        writer.page();
        let (left, right) = (column("left"), column("right"));
        for (at, (left, right)) in left.iter().zip(&right).enumerate() {
            let top = 100.0 + 12.0 * at as f32;
            writer.text(PLAIN, 10.0, (50.0, top), left).text(PLAIN, 10.0, (310.0, top), right);
        }
    });
    let text = [column("left"), column("right")].concat().join(" ");
    assert_eq!(document.sections[0].blocks, [Block::Page(1), prose(&text)]);
}

#[test]
fn lists_and_code_keep_their_form() {
    let document = book(|writer| {
        writer.page().lines(50.0, 80.0, &["There are two kinds of it:"]);
        writer.text(PLAIN, 10.0, (60.0, 98.0), "\\225 the one that is first named here").text(
            PLAIN,
            10.0,
            (60.0, 112.0),
            "\\225 the other one",
        );
        for (at, line) in ["fn main() {", "    let milli = will(1);", "}"].iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            writer.text(FIXED, 10.0, (50.0 + 6.0 * indent as f32, 140.0 + 12.0 * at as f32), line.trim_start());
        }
    });
    let code = "fn main() {\n    let milli = will(1);\n}";
    let expected = [
        Block::Page(1),
        prose("There are two kinds of it:"),
        prose("- the one that is first named here"),
        prose("- the other one"),
        Block::Code { language: String::new(), text: code.into() },
    ];
    assert_eq!(document.sections[0].blocks, expected);
}

#[test]
fn what_cannot_be_read_is_refused_with_a_way_out() {
    let refused = |build: fn(&mut Writer)| read(&file(build)).unwrap_err();
    let encrypted = refused(|writer| {
        let (owner, user) = ("ab".repeat(32), "cd".repeat(32));
        let entries = format!("/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{owner}>/U<{user}>>>/ID[<aa><aa>]");
        writer.page().lines(50.0, 80.0, &["secret"]).trailer(&entries);
    });
    assert!(encrypted.starts_with("is encrypted: ") && encrypted.contains("qpdf"), "{encrypted}");
    let images = refused(|writer| {
        writer.page().raw("q 100 0 0 100 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q");
    });
    assert!(images.contains("ocrmypdf"), "{images}");
    let nameless = refused(|writer| {
        writer.page().text(NAMELESS, 10.0, (50.0, 80.0), "abcdef abcdef");
    });
    assert!(nameless.contains("fonts"), "{nameless}");
    assert!(
        refused(|writer| {
            writer.page();
        })
        .contains("no text")
    );
    assert!(read(b"no PDF at all").unwrap_err().contains("no PDF"));
    assert!(read(b"").is_err());
}

fn good_file() -> Vec<u8> {
    file(|writer| {
        for page in 0..3 {
            writer.page().text(BOLD, 16.0, (50.0, 100.0), &format!("Part {page}"));
            writer.lines(50.0, 140.0, &["Some text of the page, to be", "read or not."]);
            writer.bookmark(&format!("Part {page}"), page, 90.0);
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_broken_file_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in any::<prop::sample::Index>(),
        keep in any::<bool>(),
        copied in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let mut bytes = good_file();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (from, to) = (copied.0.index(bytes.len()), copied.1.index(bytes.len()));
        let piece = bytes[from..].iter().copied().take(200).collect::<Vec<_>>();
        bytes.splice(to..to, piece);
        if !keep {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read(&bytes);
    }
}
