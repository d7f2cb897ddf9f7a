//! Reads the two things pyro needs of an ELF file: a section by its name, and the note that allows booting by PVH.

/// Elf64_Ehdr: where the tables are.
const PROGRAM_TABLE: usize = 0x20;
const SECTION_TABLE: usize = 0x28;
const PROGRAM_ENTRY: usize = 0x36;
const SECTION_ENTRY: usize = 0x3a;
const INTERPRETER_SEGMENT: u64 = 3;
const NOTE_SEGMENT: u64 = 4;
/// `XEN_ELFNOTE_PHYS32_ENTRY`.
const PVH_ENTRY: u64 = 18;

/// The bytes of the section called `name`, of a 64-bit little-endian file.
pub(super) fn section<'a>(file: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let header = |index: u64| entry(file, SECTION_TABLE, SECTION_ENTRY, index);
    let names = span(file, header(number(file, 0x3e, 2)?)?, 0x18, 0x20)?;
    let count = number(file, 0x3c, 2)?;
    (0..count).filter_map(header).find_map(|head| {
        let named = names.get(usize::try_from(number(head, 0, 4)?).ok()?..)?;
        let named = named.split(|byte| *byte == 0).next()?;
        (named == name.as_bytes()).then(|| span(file, head, 0x18, 0x20)).flatten()
    })
}

/// Whether the program needs a dynamic linker, which an initramfs does not hold.
pub(super) fn is_dynamic(file: &[u8]) -> bool {
    let count = number(file, 0x38, 2).unwrap_or(0);
    (0..count)
        .filter_map(|index| entry(file, PROGRAM_TABLE, PROGRAM_ENTRY, index))
        .any(|head| number(head, 0, 4) == Some(INTERPRETER_SEGMENT))
}

/// Whether QEMU and Firecracker can start this kernel without its boot loader part.
pub(super) fn boots_by_pvh(file: &[u8]) -> bool {
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return false;
    }
    let count = number(file, 0x38, 2).unwrap_or(0);
    (0..count)
        .filter_map(|index| entry(file, PROGRAM_TABLE, PROGRAM_ENTRY, index))
        .filter(|head| number(head, 0, 4) == Some(NOTE_SEGMENT))
        .filter_map(|head| span(file, head, 0x08, 0x20))
        .any(has_pvh_note)
}

fn has_pvh_note(mut notes: &[u8]) -> bool {
    while let (Some(name), Some(description), Some(kind)) =
        (number(notes, 0, 4), number(notes, 4, 4), number(notes, 8, 4))
    {
        if kind == PVH_ENTRY && notes.get(12..16) == Some(b"Xen\0") {
            return true;
        }
        let next = 12 + name.next_multiple_of(4) + description.next_multiple_of(4);
        match usize::try_from(next).ok().and_then(|next| notes.get(next..)) {
            Some(rest) => notes = rest,
            None => return false,
        }
    }
    false
}

fn entry(file: &[u8], table_at: usize, size_at: usize, index: u64) -> Option<&[u8]> {
    let start = number(file, table_at, 8)?.checked_add(number(file, size_at, 2)?.checked_mul(index)?)?;
    file.get(usize::try_from(start).ok()?..)
}

fn span<'a>(file: &'a [u8], head: &[u8], offset_at: usize, size_at: usize) -> Option<&'a [u8]> {
    let start = usize::try_from(number(head, offset_at, 8)?).ok()?;
    file.get(start..start.checked_add(usize::try_from(number(head, size_at, 8)?).ok()?)?)
}

fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An object file with `content` as its section `name`.
    pub(in crate::environment) fn with_section(name: &str, content: &[u8]) -> Vec<u8> {
        let names = format!("\0{name}\0");
        let mut file = vec![0; 0x40];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let names_at = file.len();
        file.extend_from_slice(names.as_bytes());
        let content_at = file.len();
        file.extend_from_slice(content);
        let table = file.len();
        for (name_at, start, size) in [(0, names_at, names.len()), (1, content_at, content.len())] {
            let mut head = [0; 0x40];
            head[..4].copy_from_slice(&i32::to_le_bytes(name_at));
            head[0x18..0x20].copy_from_slice(&(start as u64).to_le_bytes());
            head[0x20..0x28].copy_from_slice(&(size as u64).to_le_bytes());
            file.extend_from_slice(&head);
        }
        file[SECTION_TABLE..SECTION_TABLE + 8].copy_from_slice(&(table as u64).to_le_bytes());
        file[SECTION_ENTRY..SECTION_ENTRY + 2].copy_from_slice(&0x40_u16.to_le_bytes());
        file[0x3c..0x3e].copy_from_slice(&2_u16.to_le_bytes());
        file
    }

    #[test]
    fn a_section_is_found_by_name() {
        let file = with_section(".modinfo", b"a=b\0");
        assert_eq!(section(&file, ".modinfo"), Some(&b"a=b\0"[..]));
        assert_eq!(section(&file, ".text"), None);
        assert_eq!(section(&file[..0x50], ".modinfo"), None);
        assert_eq!(section(b"", ".modinfo"), None);
    }

    #[test]
    fn a_test_program_is_dynamic_and_a_text_is_not() {
        assert!(is_dynamic(&std::fs::read(std::env::current_exe().unwrap()).unwrap()));
        assert!(!is_dynamic(b"#!/bin/sh\n"));
    }

    #[test]
    fn the_pvh_note_is_found_behind_another() {
        let note = |kind: u32| [&[4, 0, 0, 0, 2, 0, 0, 0][..], &kind.to_le_bytes(), b"Xen\0\x01\x02\0\0"].concat();
        assert!(has_pvh_note(&[note(5), note(18)].concat()));
        assert!(!has_pvh_note(&note(5)));
        assert!(!boots_by_pvh(b"MZ"));
    }
}
