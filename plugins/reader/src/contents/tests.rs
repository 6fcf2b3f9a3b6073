use proptest::prelude::*;

use super::*;

fn outline(text: &str) -> Vec<String> {
    read(text).unwrap().iter().map(|entry| entry.heading.join(" > ")).collect()
}

#[test]
fn indented_lines_with_dot_leaders_and_page_numbers() {
    let text = "Contents\n\nPreface ........ ix\nLinear Regression . . . . . . . 12\n    Weight Decay\t17\n  Dropout  21\nPython 3\n";
    let entries = read(text).unwrap();
    let seen: Vec<_> = entries.iter().map(|entry| (entry.heading.join(" > "), entry.page)).collect();
    let own = |title: &str, page| (title.to_owned(), page);
    assert_eq!(
        seen,
        [
            own("Preface", None),
            own("Linear Regression", Some(12)),
            own("Linear Regression > Weight Decay", Some(17)),
            own("Linear Regression > Dropout", Some(21)),
            own("Python 3", None)
        ]
    );
}

#[test]
fn numbers_say_what_stands_under_what() {
    let text = "Part I: Basics\nChapter 1. Ownership\n1.1 Moves\n1.1.1 Copies\n1.2 Borrowing\nChapter 2 – Traits\n\
        Appendix A: Keywords\nA.1 Reserved";
    assert_eq!(
        outline(text),
        [
            "Basics",
            "Basics > Ownership",
            "Basics > Ownership > Moves",
            "Basics > Ownership > Moves > Copies",
            "Basics > Ownership > Borrowing",
            "Basics > Traits",
            "Basics > Keywords",
            "Basics > Keywords > Reserved"
        ]
    );
}

#[test]
fn page_numbers_behind_one_space_are_known_by_their_company() {
    let with_pages = "Vectors 1\nMatrices 9\nHTTP 2 30\nNorms 31\nRank 40\nTrace 44";
    assert_eq!(outline(with_pages), ["Vectors", "Matrices", "HTTP 2", "Norms", "Rank", "Trace"]);
    assert_eq!(outline("Python 3\nHTTP 2\nWeb 2"), ["Python 3", "HTTP 2", "Web 2"]);
}

#[test]
fn words_that_only_begin_like_a_number_are_kept() {
    let titles =
        ["Sections and units", "Part of speech tagging", "C: a reference", "Unit testing", "3D graphics", "R and S"];
    assert_eq!(outline(&titles.join("\n")), titles);
}

#[test]
fn lists_in_markdown_and_on_pages() {
    let markdown =
        "# Guide\n\n- [Ownership](ch04.md)\n  - [Moves](ch04-1.md)\n- **Traits**\n\n## Reference\n1. Keywords";
    assert_eq!(
        outline(markdown),
        [
            "Guide",
            "Guide > Ownership",
            "Guide > Ownership > Moves",
            "Guide > Traits",
            "Guide > Reference",
            "Guide > Reference > Keywords"
        ]
    );
    let page = "<html><head><title>x</title></head><body><nav><ol><li><a href='a'>1. Ownership &amp; Moves</a><ol><li><p>Copies</p></li></ol></li>\
        <li>Traits<script>alert(1)</script></li></ol></nav></body></html>";
    assert_eq!(outline(page), ["Ownership & Moves", "Ownership & Moves > Copies", "Traits"]);
}

#[test]
fn what_is_no_table_of_contents_is_refused() {
    assert!(read("").unwrap_err().contains("fewer than 3"));
    assert!(read("1\n2\n3\n----\n!!!").unwrap_err().contains("fewer than 3"));
    let prose = "It was a bright cold day in April, and the clocks were striking thirteen, as they had always done in that town.\n";
    assert!(read(&prose.repeat(5)).unwrap_err().contains("running text"));
    assert!(read(&"Title\n".repeat(MOST + 1)).unwrap_err().contains("more than"));
}

proptest! {
    #[test]
    fn any_text_ends_in_entries_or_a_reason(text in "(\\PC{0,40}\n){0,20}") {
        if let Ok(entries) = read(&text) {
            prop_assert!(entries.iter().all(|entry| !entry.title().is_empty() && entry.heading.len() <= entries.len()));
        }
    }

    #[test]
    fn depth_survives_numbering(depths in prop::collection::vec(1usize..4, 3..30)) {
        let mut counters = [0usize; 4];
        let mut lines = Vec::new();
        let mut deepest = 0;
        for depth in depths {
            let depth = depth.min(deepest + 1);
            deepest = depth;
            counters[depth] += 1;
            counters[depth + 1..].fill(0);
            let number: Vec<String> = counters[1..=depth].iter().map(ToString::to_string).collect();
            lines.push((depth, format!("{}. Title {} of it", number.join("."), "x".repeat(depth))));
        }
        let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        let entries = read(&text).unwrap();
        let found: Vec<usize> = entries.iter().map(|entry| entry.heading.len()).collect();
        prop_assert_eq!(found, lines.iter().map(|(depth, _)| *depth).collect::<Vec<_>>());
    }
}
