//! What every [`PassageIndex`] must do, as cases that an adapter's tests call.
//!
//! [`index_conformance!`](crate::index_conformance!) makes one test of each case. It is given a function
//! that makes empty [`Shelves`] for a case, or `None` if they cannot be had here, after saying `SKIPPED`
//! loudly: a skip must be declared.

mod fixtures;
mod loading;
mod reading;
mod searching;

pub use loading::*;
pub use reading::*;
pub use searching::*;

use codecite_retrieval::PassageIndex;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Empty shelves for one case.
pub struct Shelves {
    /// Where the case loads and reads.
    pub index: Arc<dyn PassageIndex>,
    /// A second handle on the same shelves, as another process would have it. It may notice a new
    /// generation a moment later, at most [`NOTICE`].
    pub reader: Arc<dyn PassageIndex>,
    /// Removes everything that the case made.
    pub clean_up: BoxFuture<'static, ()>,
}

/// How long a reader may serve the generation before the one that somebody else has activated.
pub const NOTICE: std::time::Duration = std::time::Duration::from_secs(20);

/// Makes a test of each case: `index_conformance!(shelves)`, with
/// `async fn shelves(case: &str) -> Option<Shelves>`.
#[macro_export]
macro_rules! index_conformance {
    ($shelves:path) => {
        $crate::index_conformance!(@cases $shelves:
            empty_shelves_answer_with_nothing,
            what_is_loaded_reads_back_word_for_word,
            loading_twice_changes_nothing,
            a_known_id_is_replaced_also_in_later_generations,
            deleted_passages_are_gone_from_every_question,
            an_edition_ends_and_reopens,
            an_edition_does_not_end_before_it_begins,
            a_load_knows_what_it_holds,
            an_abandoned_load_leaves_nothing,
            there_is_one_load_at_a_time,
            another_model_begins_from_nothing,
            vectors_of_other_lengths_are_refused,
            each_filter_narrows,
            filters_narrow_both_rankings_of_a_search,
            either_ranking_can_be_asked_alone,
            a_hybrid_search_fuses_by_rank_and_weight,
            equal_scores_come_in_the_order_of_ids,
            pages_hold_everything_once_in_the_order_of_ids,
            ten_thousand_passages_are_found_again,
            readers_never_see_half_a_load,
            another_handle_notices_what_was_activated
        );
    };
    (@cases $shelves:path: $($case:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(shelves) = $shelves(stringify!($case)).await {
                    $crate::index_conformance::$case(&shelves).await;
                    shelves.clean_up.await;
                }
            }
        )+
    };
}
