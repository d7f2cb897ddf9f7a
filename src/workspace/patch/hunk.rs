//! One hunk: its header's numbers, and which lines are its body. The numbers decide; the body does only where they err.

use super::{Hunk, Line, PatchError, Side, lines::Lines};

/// At the end of a patch, more missing lines than this mean that it was cut off: the usual size of context.
const MISSING_MAX: usize = 3;
const GIVE_NUMBERS: &str = "write hunk headers as `@@ -OLD_START,OLD_LINES +NEW_START,NEW_LINES @@`";

/// The numbers of a hunk's header.
#[derive(Clone, Copy, Debug)]
struct Ranges {
    old_start: usize,
    old_count: usize,
    new_start: usize,
    new_count: usize,
}

/// Reads the hunk whose header is at `at`; returns the line after its last.
pub(super) fn read(lines: &Lines, at: usize) -> Result<(Hunk, usize), PatchError> {
    let header = lines.bare(at);
    let ranges =
        ranges(header).ok_or_else(|| PatchError::new(at + 1, "the hunk's header has no line numbers", GIVE_NUMBERS))?;
    let end = match counted(lines, at + 1, ranges).filter(|&end| is_over(lines, end)) {
        Some(end) => end,
        None => recounted(lines, at + 1, ranges)?,
    };
    let lines = body(lines, at + 1, end)?;
    if lines.is_empty() {
        return Err(PatchError::new(at + 1, "the hunk has no lines", "remove it, or give its lines"));
    }
    let (old_start, new_start) = (ranges.old_start, ranges.new_start);
    Ok((Hunk { line: at + 1, header: header.to_owned(), old_start, new_start, lines }, end))
}

fn ranges(header: &str) -> Option<Ranges> {
    let range = |text: &str| -> Option<(usize, usize)> {
        let number = |text: &str| -> Option<usize> {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten()?.try_into().ok()
        };
        match text.split_once(',') {
            Some((start, count)) => Some((number(start)?, number(count)?)),
            None => Some((number(text)?, 1)),
        }
    };
    let (old, rest) = header.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let ((old_start, old_count), (new_start, new_count)) = (range(old)?, range(new)?);
    Some(Ranges { old_start, old_count, new_start, new_count })
}

/// Whether a line is a complete hunk header.
pub(super) fn is_header(text: &str) -> bool {
    ranges(text).is_some()
}

/// Where the body ends by the header's numbers; none if the lines do not add up to them.
fn counted(lines: &Lines, from: usize, ranges: Ranges) -> Option<usize> {
    let (mut old, mut new, mut at) = (ranges.old_count, ranges.new_count, from);
    while old > 0 || new > 0 {
        if !lines.in_body(at) {
            return None;
        }
        let (in_old, in_new) = sides(lines.bare(at));
        (old, new) = (old.checked_sub(in_old)?, new.checked_sub(in_new)?);
        at += 1;
    }
    Some(if lines.bare(at).starts_with('\\') { at + 1 } else { at })
}

/// How many lines of the old and the new file a line of a body is.
fn sides(text: &str) -> (usize, usize) {
    match text.as_bytes().first() {
        Some(b'-') => (1, 0),
        Some(b'+') => (0, 1),
        Some(b'\\') => (0, 0),
        _ => (1, 1),
    }
}

/// Whether nothing follows that looks like more of the same hunk.
fn is_over(lines: &Lines, end: usize) -> bool {
    let next = lines.after_blanks(end);
    !lines.in_body(next) || lines.starts_file(next) || lines.separates(next)
}

/// Where the body ends by its own lines, for headers that miscount: only where it is clear that it does end there.
fn recounted(lines: &Lines, from: usize, ranges: Ranges) -> Result<usize, PatchError> {
    let starts_file = |at| lines.starts_labels(at) && lines.starts_hunk(at + 2);
    let stop = (from..lines.len()).find(|&at| !lines.in_body(at) || starts_file(at)).unwrap_or(lines.len());
    // Blank lines before a header are rather between hunks than in one; as context they would say little.
    let end = (from..stop).rev().find(|&at| !lines.blank(at)).map_or(from, |last| last + 1);
    let count = |(old, new), at| {
        let (in_old, in_new) = sides(lines.bare(at));
        (old + in_old, new + in_new)
    };
    let (old, new) = (from..end).fold((0, 0), count);
    let announced = format!("its header announces {} old and {} new lines", ranges.old_count, ranges.new_count);
    if !lines.ended(stop) && !lines.starts_hunk(stop) && !starts_file(stop) && !lines.separates(stop) {
        return Err(PatchError::new(
            stop + 1,
            format!("the hunk does not end here: {announced}, and there are {old} and {new}"),
            "begin every line of a hunk with a space, `+` or `-`, and count them in the header",
        ));
    }
    let (lacks_old, lacks_new) = (ranges.old_count.saturating_sub(old), ranges.new_count.saturating_sub(new));
    let last = if end > from { sides(lines.bare(end - 1)) } else { (0, 0) };
    let complete = lacks_old.max(lacks_new) <= MISSING_MAX
        && (lacks_old.max(lacks_new) == 0 || last == (1, 1) || last == (0, 1) && lacks_old == lacks_new);
    if lines.ended(stop) && !complete {
        return Err(PatchError::new(
            end,
            format!("the patch ends within a hunk: {announced}, and there are {old} and {new}"),
            "send the whole patch, or correct the numbers in the hunk's header",
        ));
    }
    if old == 0 && ranges.old_count > 0 {
        return Err(PatchError::new(
            from,
            format!("the hunk has no old lines, but {announced}"),
            "add context lines, so that its place can be found",
        ));
    }
    Ok(end)
}

/// The lines of a body, line ends as the markers say.
fn body(lines: &Lines, from: usize, end: usize) -> Result<Vec<Line>, PatchError> {
    let mut body: Vec<Line> = Vec::new();
    // Which sides have had their last line.
    let (mut old_over, mut new_over) = (false, false);
    for at in from..end {
        let text = lines.raw(at);
        let misplaced = || {
            PatchError::new(
                at + 1,
                "a file's last line, marked `\\ No newline at end of file`, is not last",
                "put the marker directly after the last line of the old or new file, or leave it out",
            )
        };
        let side = match text.as_bytes().first() {
            Some(b'\\') => {
                let last = body.last_mut().filter(|last| last.text.ends_with('\n')).ok_or_else(misplaced)?;
                last.text.pop();
                (old_over, new_over) = (old_over || last.side != Side::New, new_over || last.side != Side::Old);
                continue;
            }
            Some(b'-') => Side::Old,
            Some(b'+') => Side::New,
            _ => Side::Both,
        };
        if old_over && side != Side::New || new_over && side != Side::Old {
            return Err(misplaced());
        }
        let mut text = text.strip_prefix([' ', '+', '-']).unwrap_or(text).to_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        body.push(Line { side, text });
    }
    Ok(body)
}
