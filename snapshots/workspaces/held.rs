//! What version 3 was weak at, by number, and the tests that hold it now.

/// (number, what it was, where it is held). Left out: what needs a real machine, and what this version does not have.
const HELD: &[(u32, &str, &[&str])] = &[
    (5, "one call blocked the server", &["calls_do_not_wait_for_each_other"]),
    (6, "processes tore and overwrote each other's records", &["updates_of_two_servers_lose_nothing"]),
    (
        7,
        "one corrupt record broke everything, failed creations left theirs behind",
        &["a_damaged_record_is_told_and_in_nobodys_way", "a_creation_that_fails_leaves_nothing"],
    ),
    (8, "a lock over all was held during boots", &["calls_do_not_wait_for_each_other"]),
    (9, "capacity was exceeded by creations at once", &["many_created_at_once_neither_collide_nor_exceed"]),
    (
        10,
        "reset destroyed before it had verified",
        &["a_reset_without_its_baseline_changes_nothing", "a_reset_killed_at_any_step_is_old_or_new"],
    ),
    (
        11,
        "machines of a dead server leaked",
        &["a_dropped_creation_leaves_nothing", "what_a_killed_maker_left_goes_with_the_next_creation"],
    ),
    (
        12,
        "modes and times were lost",
        &["a_round_trip_keeps_modes_times_and_links", "writing_keeps_modes_makes_parents_and_leaves_no_rest"],
    ),
    (
        13,
        "links and odd entries broke seeds, lists, diffs and exports",
        &[
            "a_virtual_environment_survives_seed_diff_and_export",
            "odd_entries_break_no_list",
            "large_odd_and_special_files_break_no_diff",
            "special_files_are_skipped_and_listed",
        ],
    ),
    (
        14,
        "diffs knew no modes, filters, limits and missing final newlines",
        &[
            "every_change_is_told_and_its_patch_applies_with_git",
            "a_diff_is_narrowed_by_paths_and_looks_into_git_when_asked",
            "caps_cut_between_files_and_counts_stay_honest",
        ],
    ),
    (
        15,
        "patches of git were refused, and applied by halves",
        &[
            "whatever_git_diff_writes_applies",
            "hunks_are_found_where_their_lines_moved_to",
            "a_failing_second_file_leaves_the_first_alone",
        ],
    ),
    (
        16,
        "files above 1 MiB could not be read, characters were cut",
        &["a_large_file_is_read_anywhere", "text_is_whole_characters_and_binary_is_told"],
    ),
    (
        17,
        "output had no limit",
        &["results_hold_head_and_tail_and_true_counts", "of_endless_output_head_and_tail_are_kept_and_the_gap_is_told"],
    ),
    (
        19,
        "a shell's output grew without bound, and a wait for its pause had no end",
        &["a_flood_is_bounded_and_what_is_dropped_is_told", "waiting_for_a_pause_has_an_end_of_its_own"],
    ),
    (
        20,
        "readiness, ends and stops were polled for",
        &["an_end_is_noticed_without_being_asked", "a_file_or_a_command_tells_that_it_is_ready"],
    ),
    (
        23,
        "a timeout lost output and left descendants, background children hung the call",
        &["a_timeout_keeps_output_and_ends_the_whole_group", "a_background_child_holds_nobody"],
    ),
    (
        24,
        "an interrupt did not reach the foreground job, stopping a service left what ignored TERM, the end of idle time \
         left all of it",
        &[
            "an_interrupt_reaches_the_job_in_front_and_leaves_the_shell",
            "stopping_ends_all_of_it",
            "services_keep_no_workspace_awake_and_end_with_it",
        ],
    ),
    (
        25,
        "dead services looked alive, early exits were missed",
        &["an_end_is_noticed_without_being_asked", "an_exit_before_it_is_ready_is_told_at_once"],
    ),
    (27, "state lay readable for others", &["what_a_workspace_keeps_is_its_owners_alone"]),
    (28, "host paths were created without a word", &["nothing_on_the_host_is_overwritten"]),
    (29, "links led out, ids were paths", &["paths_stay_inside", "what_is_no_id_is_no_path"]),
    (31, "secrets were redacted by halves: there are none, and asking is refused", &["unknown_arguments_are_refused"]),
    (32, "arguments were ignored without a word", &["unknown_arguments_are_refused"]),
    (33, "workspaces in use vanished", &["idle_workspaces_stop_and_come_back_with_files_and_history"]),
    (
        34,
        "no directory, variables, input, hand-back, paging, cancel or filters",
        &[
            "a_command_has_its_directory_variables_and_input",
            "a_command_is_handed_back_and_waited_for",
            "output_is_paged_by_bytes_and_lines_and_searched",
            "canceling_ends_the_group_within_a_second",
            "lists_are_paged_and_filtered_in_the_order_of_activity",
        ],
    ),
    (35, "failures on the command line were tracebacks", &["failures_say_what_to_do"]),
    (36, "stopped sandboxes counted", &["stopped_workspaces_cost_no_memory"]),
];

#[test]
fn every_weak_spot_is_held_by_a_test() {
    let folder = crate::support::root().join("snapshots");
    let files =
        [folder.clone(), folder.join("workspaces")].into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let source: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let missing: Vec<_> = HELD
        .iter()
        .flat_map(|(number, what, tests)| tests.iter().map(move |test| (number, what, test)))
        .filter(|(.., test)| !source.contains(&format!("fn {test}()")))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(HELD.iter().is_sorted_by_key(|(number, ..)| number));
}
