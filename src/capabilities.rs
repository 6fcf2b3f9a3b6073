//! The one table of what plugins can do. Who adds a capability adds a row: the configuration, the host, the `plugins` query and the
//! registry follow from it. What it is asked stands in `pathwright_api::messages`.

/// Hands the table to another macro. A row: the capability's name, what its plugins offer, how many questions may be under way, how
/// many seconds an answer may take; then the plugins, of which the first is chosen where no language model is configured, and the
/// last where one is.
macro_rules! capabilities {
    ($then:ident) => {
        $then! {
            /// Job target in, job profile out.
            analyzer: AnalyzerHandles, 64, 60, [EmbeddedAnalyzer, ModelAnalyzer];
            /// Topics in, verdicts out.
            coverage: CoverageHandles, 64, 60, [EmbeddedCoverage];
            /// Covered topics in, stages out.
            sequencer: SequencerHandles, 64, 60, [EmbeddedSequencer, ModelSequencer];
            /// Passages in, a cited piece out.
            writer: WriterHandles, 64, 120, [EmbeddedWriter, ModelWriter];
            /// Keeps pieces.
            cache: CacheHandles, 512, 120, [LayeredCache];
        }
    };
}

pub(crate) use capabilities;
