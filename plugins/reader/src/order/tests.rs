use proptest::prelude::*;

use super::*;

fn ordered(names: &[&str], texts: &[(&str, &str)]) -> Vec<String> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let texts: HashMap<&str, &str> = texts.iter().copied().collect();
    reading_order(&names, |name| texts.get(name).map(|text| (*text).to_owned()))
}

#[test]
fn without_a_list_the_order_stays() {
    assert_eq!(ordered(&["index.md", "b.md", "a/x.md"], &[("index.md", "# Hello")]), ["index.md", "b.md", "a/x.md"]);
}

#[test]
fn toctrees_are_followed_into_their_files() {
    let names =
        ["index.rst", "api.rst", "guide/index.rst", "guide/one.rst", "guide/two.rst", "guide/unlisted.rst", "zzz.rst"];
    let texts = [
        ("index.rst", ".. toctree::\n\n   guide/index\n   /api\n   index\n"),
        ("guide/index.rst", ".. toctree::\n\n   two\n   one\n   ../index\n"),
    ];
    let expected =
        ["index.rst", "guide/index.rst", "guide/two.rst", "guide/one.rst", "guide/unlisted.rst", "api.rst", "zzz.rst"];
    assert_eq!(ordered(&names, &texts), expected);
}

#[test]
fn chapters_list_their_own_files_where_no_root_does() {
    let names = ["README.md", "a/index.md", "a/one.md", "a/two.md", "b/index.md", "b/three.md", "b/four.md"];
    let texts = [("a/index.md", "```toc\n\ntwo\none\n```"), ("b/index.md", "```toc\nthree\nfour\n```")];
    let expected = ["README.md", "a/index.md", "a/two.md", "a/one.md", "b/index.md", "b/three.md", "b/four.md"];
    assert_eq!(ordered(&names, &texts), expected);
}

#[test]
fn patterns_give_all_that_fit() {
    let names = ["index.md", "parts/a.md", "parts/b.md", "parts/deep/c.md", "x.md"];
    let texts = [("index.md", ":::{toctree}\n:glob:\nx\nparts/*\n:::")];
    assert_eq!(ordered(&names, &texts), ["index.md", "x.md", "parts/a.md", "parts/b.md", "parts/deep/c.md"]);
}

#[test]
fn a_summary_or_a_configuration_orders_its_folder() {
    let names = ["src/SUMMARY.md", "src/a.md", "src/b.md"];
    assert_eq!(ordered(&names, &[("src/SUMMARY.md", "- [B](./b.md)\n- [A](a.md)")]), ["src/b.md", "src/a.md"]);
    let names = ["book/a.ipynb", "book/b.md", "book/intro.md", "notes.md"];
    let texts = [("book/_toc.yml", "root: intro\nchapters:\n- file: b\n- file: a\n")];
    assert_eq!(ordered(&names, &texts), ["book/intro.md", "book/b.md", "book/a.ipynb", "notes.md"]);
}

#[test]
fn stars_fit_inside_a_folder_only() {
    for (pattern, path, expected) in
        [("a/*", "a/b", true), ("a/*", "a/b/c", false), ("*b*d", "abcbd", true), ("a?", "a", false), ("*", "", true)]
    {
        assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
    }
}

proptest! {
    #[test]
    fn every_file_comes_once(lists in prop::collection::vec(prop::collection::vec(0..6usize, 0..6), 6)) {
        let names: Vec<String> = ["index", "a", "b/index", "b/c", "d", "e/f"].iter().map(|name| format!("{name}.md")).collect();
        let text = |name: &str| {
            let at = names.iter().position(|known| known == name)?;
            let entries: Vec<String> = lists[at].iter().map(|entry| format!("/{}", names[*entry])).collect();
            Some(format!("```{{toctree}}\n{}\n```", entries.join("\n")))
        };
        let mut order = reading_order(&names, text);
        order.sort();
        let mut expected = names.clone();
        expected.sort();
        prop_assert_eq!(order, expected);
    }
}
