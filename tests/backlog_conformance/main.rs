//! What every engine behind the trait `Backlog` owes, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

mod append;
mod engine;
mod read;
mod trim;

/// Holds engines to the promises of a file, each in a test of its own.
macro_rules! promises {
    ($group:ident: $file:ident, by [$($engine:ident),*] $promises:tt) => {
        mod $group {
            $(promises!(@ $engine $file $promises);)*
        }
    };
    (@ $engine:ident $file:ident { $($promise:ident,)* }) => {
        mod $engine {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                crate::$file::$promise(crate::engine::$engine()).await;
            })*
        }
    };
}

promises!(appending: append, by [memory, log] {
    a_batch_is_contiguous_and_readable_once_it_is_answered,
    batches_queued_together_keep_their_order,
    a_repeat_is_answered_with_its_first_place_and_not_appended_again,
    an_id_with_other_content_refuses_the_whole_batch_and_names_the_event,
    an_id_belongs_to_its_topic,
    none_of_the_keys_may_be_live_where_absence_is_expected,
    a_key_must_not_have_changed_after_the_expected_place,
    a_repeat_is_fine_whatever_is_expected,
    an_expectation_sees_batches_queued_before_but_not_its_own_events,
    a_dropped_receipt_changes_nothing,
    the_tail_tells_what_was_appended_once_it_can_be_read,
    publish_time_never_decreases,
    many_writers_and_a_reader_agree_on_one_order,
    after_close_appends_are_refused_and_reads_go_on,
});

promises!(reading: read, by [memory, log] {
    a_page_holds_what_is_selected_after_the_start,
    a_page_keeps_its_limits_but_holds_one_event,
    data_that_is_omitted_does_not_count,
    pages_joined_are_the_whole_and_only_the_last_ends_at_head,
    a_read_examines_only_so_much_and_says_where_to_go_on,
    a_snapshot_holds_the_newest_of_each_key_without_tombstones,
    snapshot_pages_joined_are_the_whole_in_order,
    a_snapshot_of_some_keys_holds_these_alone,
    a_time_is_found_by_when_events_were_published,
    the_topic_table_knows_newest_and_count,
});

promises!(retaining: trim, by [memory, log] {
    what_was_trimmed_cannot_be_read_and_the_rest_is_whole,
    survivors_are_seen_by_snapshots_alone,
    a_trimmed_tombstone_leaves_nothing,
    a_time_before_what_is_retained_has_no_place,
    ids_outlive_the_events_that_carried_them,
    a_survivors_own_cursor_counts_and_what_cannot_be_told_is_refused,
    a_trim_moves_nothing_beyond_the_head,
});
