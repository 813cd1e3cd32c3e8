//! Choices about how things are shown.

use clap::ValueEnum;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Human,
    /// One JSON document
    Json,
}

/// When messages have colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` or `TERM=dumb` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of the QR code in the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum QrChoice {
    /// The best form that the terminal can show
    #[default]
    Auto,
    /// Half blocks, for a UTF-8 terminal
    Utf8,
    /// ASCII characters, twice as wide
    Ascii,
    /// No QR code, only the key as text
    None,
}
