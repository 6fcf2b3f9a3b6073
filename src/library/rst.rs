use super::document::Document;

/// Reads reStructuredText.
pub fn read(text: &str) -> Document {
    super::plain::read(text)
}
