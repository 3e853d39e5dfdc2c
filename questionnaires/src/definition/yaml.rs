//! YAML text to a tree that knows where everything stood. Refuses what the format forbids: anchors, aliases, merge
//! keys, tags, several documents, repeated keys, files over 2 MB and nesting over 12.
//!
//! Scalars keep their text: nothing is turned into a number, a truth value or a null here, so `no`, `on` and `1.10`
//! stay what the author wrote. JSON is read by the same code, being a part of YAML.

use std::collections::HashSet;

use granit_parser::{Event, Parser, ScalarStyle};

use super::lint::{Code, Faults, clean, show};

/// The largest file in bytes: 2 MB, read as two million.
pub const MAX_BYTES: usize = 2_000_000;

/// The most collections inside each other, the outermost included; scalars are not counted.
pub const MAX_DEPTH: usize = 12;

/// A place in a file; lines and columns (in characters) count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pos {
    pub line: usize,
    pub column: usize,
}

impl Pos {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value with its place.
#[derive(Debug)]
pub(crate) struct Node {
    pub pos: Pos,
    pub end: Pos,
    pub value: Value,
}

/// What a node holds.
#[derive(Debug)]
pub(crate) enum Value {
    /// The text after unescaping; `plain` when it stood without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    Seq(Vec<Node>),
    Map(Vec<Entry>),
    /// Already reported; readers pass over it in silence.
    Broken,
}

/// A key with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_pos: Pos,
    pub node: Node,
}

impl Node {
    /// The value of a key; nothing for other nodes.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The entries of a map; empty for other nodes.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for other nodes.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// A file's tree.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Nothing when there is nothing in the file.
    pub root: Option<Node>,
    /// Whether all of the (first) document was read. After a syntax error the rest is unknown, so nothing can be
    /// said about what is missing; the tree then only tells which question the error is in.
    pub complete: bool,
}

/// Reads one file; what is wrong is in `faults`.
pub(crate) fn parse(bytes: &[u8], faults: &mut Faults) -> Tree {
    let unread = Tree { root: None, complete: false };
    if bytes.len() > MAX_BYTES {
        faults.add(Pos::START, Code::TooLarge, format!("the file has {} bytes", bytes.len()));
        return unread;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good =
                String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default()).into_owned();
            let line = good.matches('\n').count() + 1;
            let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            faults.add(Pos { line, column }, Code::NotUtf8, "this byte is not UTF-8");
            return unread;
        }
    };
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        let column = text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        faults.add(Pos { line, column }, Code::YamlSyntax, "a NUL character");
        return unread;
    }
    let mut builder = Builder { faults, stack: Vec::new(), root: None, too_deep: 0 };
    let complete = builder.read(text);
    Tree { root: builder.finish(), complete }
}

/// A collection that is still open.
struct Open {
    node: Node,
    /// The key that waits for its value, and whether it is to be kept.
    key: Option<(String, Pos, bool)>,
    seen: HashSet<String>,
}

struct Builder<'f> {
    faults: &'f mut Faults,
    stack: Vec<Open>,
    root: Option<Node>,
    /// Open collections beyond the depth limit; their content is passed over.
    too_deep: usize,
}

impl Builder<'_> {
    /// Reads events up to the end of the first document. Returns whether it got there.
    fn read(&mut self, text: &str) -> bool {
        let mut options =
            granit_parser::options! { emit_unresolved_aliases: true, disallow_directives: true };
        options.set_emit_comments(false);
        let mut documents = 0;
        let mut last = Pos::START;
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let at = error.marker();
                    let pos = Pos { line: at.line().max(1), column: at.col() + 1 };
                    let deep = matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded);
                    let code = if deep { Code::TooDeep } else { Code::YamlSyntax };
                    self.faults.add(pos, code, clean(&error.info()));
                    // An error behind the first document leaves that document whole.
                    return documents > 0
                        && self.stack.is_empty()
                        && self.too_deep == 0
                        && self.root.is_some();
                }
            };
            let pos = Pos { line: span.start.line().max(1), column: span.start.col() + 1 };
            let end = Pos { line: span.end.line().max(1), column: span.end.col() + 1 };
            last = last.max(end);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        self.faults.add(pos, Code::MultipleDocuments, "a second document begins here");
                        return true;
                    }
                }
                Event::Alias(_) | Event::UnresolvedAlias(_) => {
                    self.faults.add(pos, Code::Alias, "an alias");
                    self.scalar(pos, end, Value::Broken);
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.properties(pos, anchor, tag.is_some());
                    let plain = matches!(style, ScalarStyle::Plain);
                    self.scalar(pos, end, Value::Scalar { text: text.into_owned(), plain });
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.properties(pos, anchor, tag.is_some());
                    self.open(pos, Value::Seq(Vec::new()));
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.properties(pos, anchor, tag.is_some());
                    self.open(pos, Value::Map(Vec::new()));
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(last),
                _ => {}
            }
        }
        true
    }

    fn properties(&mut self, pos: Pos, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.faults.add(pos, Code::Anchor, "an anchor");
        }
        if tagged {
            self.faults.add(pos, Code::Tag, "a tag");
        }
    }

    fn open(&mut self, pos: Pos, value: Value) {
        if self.too_deep > 0 {
            self.too_deep += 1;
            return;
        }
        if self.stack.len() >= MAX_DEPTH {
            self.faults.add(
                pos,
                Code::TooDeep,
                format!("more than {MAX_DEPTH} collections inside each other"),
            );
            self.too_deep = 1;
            return;
        }
        self.stack.push(Open { node: Node { pos, end: pos, value }, key: None, seen: HashSet::new() });
    }

    fn close(&mut self, end: Pos) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            if self.too_deep == 0 {
                self.place(Node { pos: end, end, value: Value::Broken });
            }
            return;
        }
        if let Some(mut open) = self.stack.pop() {
            open.node.end = end;
            self.place(open.node);
        }
    }

    fn scalar(&mut self, pos: Pos, end: Pos, value: Value) {
        if self.too_deep == 0 {
            self.place(Node { pos, end, value });
        }
    }

    /// Puts a finished node where it belongs: into the list, as a key, as the value of the waiting key.
    fn place(&mut self, node: Node) {
        let Some(parent) = self.stack.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match (&mut parent.node.value, parent.key.take()) {
            (Value::Seq(items), _) => items.push(node),
            (Value::Map(entries), Some((key, key_pos, true))) => entries.push(Entry { key, key_pos, node }),
            (Value::Map(_), None) => match node.value {
                Value::Scalar { text, plain } => {
                    let mut keep = true;
                    if plain && text == "<<" {
                        self.faults.add(node.pos, Code::MergeKey, "a merge key");
                        keep = false;
                    } else if !parent.seen.insert(text.clone()) {
                        let message = format!("the key {} stands here a second time", show(&text));
                        self.faults.add(node.pos, Code::DuplicateKey, message);
                        keep = false;
                    }
                    parent.key = Some((text, node.pos, keep));
                }
                Value::Broken => parent.key = Some((String::new(), node.pos, false)),
                Value::Seq(_) | Value::Map(_) => {
                    self.faults.add(node.pos, Code::KeyNotText, "a key that is a list or a map");
                    parent.key = Some((String::new(), node.pos, false));
                }
            },
            _ => {}
        }
    }

    /// Closes what a syntax error left open, so that the readable part can still be looked at.
    fn finish(mut self) -> Option<Node> {
        while let Some(open) = self.stack.last() {
            let end = open.node.end;
            self.too_deep = 0;
            self.close(end);
        }
        self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<(Code, usize, usize)> {
        let mut faults = Faults::new("f.yaml");
        parse(text.as_bytes(), &mut faults);
        faults.into_vec().into_iter().map(|f| (f.code, f.line, f.column)).collect()
    }

    #[test]
    fn forbidden_features_are_named_with_their_place() {
        assert_eq!(codes("a: &x 1\nb: *x\n"), [(Code::Anchor, 1, 7), (Code::Alias, 2, 4)]);
        assert_eq!(codes("a: *unknown"), [(Code::Alias, 1, 4)]);
        assert_eq!(codes("a: 1\n<<: {b: 2}\n"), [(Code::MergeKey, 2, 1)]);
        assert_eq!(codes("a: !!str 1\n").first().map(|f| f.0), Some(Code::Tag));
        assert_eq!(codes("a: 1\n---\nb: 1\n").first().map(|f| f.0), Some(Code::MultipleDocuments));
        assert_eq!(codes("a: 1\nb: 2\na: 3\n"), [(Code::DuplicateKey, 3, 1)]);
        assert_eq!(codes("? [a]\n: 1\n").first().map(|f| f.0), Some(Code::KeyNotText));
        assert_eq!(codes("a: [1, 2\n").first().map(|f| f.0), Some(Code::YamlSyntax));
        assert_eq!(codes("a: \"x & y *z !t <<\"\n# &c *d\nb: R&D\n"), []);
    }

    #[test]
    fn twelve_levels_are_read_and_thirteen_are_not() {
        assert_eq!(codes(&format!("{}{}", "[".repeat(12), "]".repeat(12))), []);
        assert_eq!(codes(&format!("{}{}", "[".repeat(13), "]".repeat(13))), [(Code::TooDeep, 1, 13)]);
        assert_eq!(codes(&"[".repeat(100_000)).last().map(|f| f.0), Some(Code::TooDeep));
    }

    #[test]
    fn json_is_read_too() {
        let mut faults = Faults::new("f.json");
        let text = "{\n\t\"a\": [1, true, null, \"\\u00e9\\ud83d\\ude00\\/\"],\n\t\"b\": {\"c\": -0.5}\n}";
        let root = parse(text.as_bytes(), &mut faults).root.unwrap();
        assert_eq!(faults.into_vec(), []);
        assert_eq!(root.get("a").unwrap().items()[3].scalar(), Some("é😀/"));
        assert_eq!(root.get("b").unwrap().get("c").unwrap().scalar(), Some("-0.5"));
    }
}
