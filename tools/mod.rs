//! What callers can ask for: one file per tool, one line here.

use crate::registry::Entry;

/// Declares each file as a module and lists its `Input` as a tool named like the file.
macro_rules! tools {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// Every tool, in the order of documents and lists.
        pub fn all() -> Vec<Entry> {
            vec![$(Entry::of::<$name::Input>(stringify!($name))),*]
        }
    };
}

tools! {
    vm_run,
    vm_create,
    vm_start,
    vm_exec,
    vm_stop,
    vm_delete,
    vm_status,
    vm_network_info,
    vm_reap_expired,
    vm_list_environments,
    workspace_upload_open,
    workspace_create,
    workspace_list,
    workspace_update,
    workspace_status,
    workspace_sync_push,
    workspace_exec,
    workspace_logs,
    workspace_file_list,
    workspace_file_read,
    workspace_file_write,
    workspace_patch_apply,
    workspace_diff,
    workspace_export,
    workspace_reset,
    workspace_stop,
    workspace_start,
    workspace_snapshot_create,
    workspace_snapshot_list,
    workspace_snapshot_delete,
    workspace_disk_list,
    workspace_disk_read,
    workspace_disk_export,
    workspace_fork,
    workspace_shell_open,
    workspace_shell_read,
    workspace_shell_write,
    workspace_shell_signal,
    workspace_shell_close,
    workspace_service_start,
    workspace_service_list,
    workspace_service_status,
    workspace_service_logs,
    workspace_service_stop,
    workspace_delete,
    workspace_network_show,
    workspace_network_allow,
    workspace_network_deny,
    environment_pull,
    environment_inspect,
    environment_prune,
}
