//! Choices about how things are shown.

use clap::ValueEnum;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// When messages are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise
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
    /// What the terminal and the locale can show
    #[default]
    Auto,
    /// Half blocks
    Utf8,
    /// ASCII characters only, twice as wide
    Ascii,
    /// No QR code, only the key as text
    None,
}
