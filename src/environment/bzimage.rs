//! Cuts the uncompressed kernel out of a bzImage. Only LZ4, which Debian's cloud kernels use, is understood.

use thiserror::Error;

/// Offsets of the x86 boot protocol, 2.08 and later.
const SETUP_SECTORS: usize = 0x1f1;
const MAGIC: usize = 0x202;
const PROTOCOL: usize = 0x206;
const PAYLOAD_OFFSET: usize = 0x248;
const PAYLOAD_BYTES: usize = 0x24c;
const SECTOR_BYTES: usize = 512;
/// The legacy LZ4 frame: blocks of at most 8 MiB each, behind their compressed size.
const LZ4_LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];
const LZ4_BLOCK_BYTES: usize = 8 << 20;
/// No kernel is larger; guards the allocation against a broken length.
const KERNEL_BYTES_MAX: usize = 512 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Broken {
    #[error("it is no bzImage")]
    NoBzImage,
    #[error("its boot protocol {0:#x} is older than 2.08")]
    OldProtocol(u16),
    #[error("it is cut short")]
    Short,
    #[error("its payload is compressed in a way pyro does not know (magic {0:02x?})")]
    Compression([u8; 4]),
    #[error("block {0} of its payload does not decompress")]
    Block(usize),
    #[error("it unpacks to {actual} bytes instead of {stated}")]
    Length { stated: usize, actual: usize },
}

/// The ELF image inside.
pub(super) fn unpack(image: &[u8]) -> Result<Vec<u8>, Broken> {
    let payload = payload(image)?;
    let (stated, blocks) =
        payload.split_last_chunk::<4>().map(|(rest, last)| (size(*last), rest)).ok_or(Broken::Short)?;
    let (magic, mut blocks) = blocks.split_first_chunk::<4>().ok_or(Broken::Short)?;
    if *magic != LZ4_LEGACY {
        return Err(Broken::Compression(*magic));
    }
    if stated > KERNEL_BYTES_MAX {
        return Err(Broken::Length { stated, actual: 0 });
    }
    let mut kernel = Vec::with_capacity(stated);
    let mut count = 0;
    while let Some((length, rest)) = blocks.split_first_chunk::<4>() {
        let block = rest.get(..size(*length)).ok_or(Broken::Short)?;
        let mut plain = vec![0; LZ4_BLOCK_BYTES];
        let written = lz4_flex::block::decompress_into(block, &mut plain).map_err(|_| Broken::Block(count))?;
        kernel.extend_from_slice(&plain[..written]);
        blocks = &rest[block.len()..];
        count += 1;
    }
    if kernel.len() != stated {
        return Err(Broken::Length { stated, actual: kernel.len() });
    }
    Ok(kernel)
}

fn payload(image: &[u8]) -> Result<&[u8], Broken> {
    if image.get(MAGIC..MAGIC + 4) != Some(b"HdrS") {
        return Err(Broken::NoBzImage);
    }
    let protocol = u16::from_le_bytes(*image[PROTOCOL..].first_chunk().ok_or(Broken::Short)?);
    if protocol < 0x208 {
        return Err(Broken::OldProtocol(protocol));
    }
    let word = |at: usize| image.get(at..).and_then(<[u8]>::first_chunk).map(|word| size(*word)).ok_or(Broken::Short);
    let sectors = match image[SETUP_SECTORS] {
        0 => 4,
        sectors => usize::from(sectors),
    };
    let start = (sectors + 1) * SECTOR_BYTES + word(PAYLOAD_OFFSET)?;
    image.get(start..start + word(PAYLOAD_BYTES)?).ok_or(Broken::Short)
}

fn size(word: [u8; 4]) -> usize {
    u32::from_le_bytes(word) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bzImage with one setup sector, 16 bytes of code and `payload`.
    fn image(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0; 2 * SECTOR_BYTES + 16];
        image[SETUP_SECTORS] = 1;
        image[MAGIC..MAGIC + 4].copy_from_slice(b"HdrS");
        image[PROTOCOL..PROTOCOL + 2].copy_from_slice(&0x20f_u16.to_le_bytes());
        image[PAYLOAD_OFFSET..PAYLOAD_OFFSET + 4].copy_from_slice(&16_u32.to_le_bytes());
        image[PAYLOAD_BYTES..PAYLOAD_BYTES + 4].copy_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        image.extend_from_slice(payload);
        image.extend_from_slice(b"signature");
        image
    }

    fn lz4(parts: &[&[u8]], stated: u32) -> Vec<u8> {
        let mut payload = LZ4_LEGACY.to_vec();
        for part in parts {
            let block = lz4_flex::block::compress(part);
            payload.extend_from_slice(&u32::try_from(block.len()).unwrap().to_le_bytes());
            payload.extend_from_slice(&block);
        }
        payload.extend_from_slice(&stated.to_le_bytes());
        payload
    }

    #[test]
    fn blocks_are_joined() {
        assert_eq!(unpack(&image(&lz4(&[b"kernel ", b"code"], 11))).unwrap(), b"kernel code");
    }

    #[test]
    fn what_is_broken_is_said() {
        assert_eq!(unpack(b"no"), Err(Broken::NoBzImage));
        assert_eq!(unpack(&image(&lz4(&[b"kernel"], 7))), Err(Broken::Length { stated: 7, actual: 6 }));
        assert_eq!(unpack(&image(&[0x1f, 0x8b, 8, 0, 1, 0, 0, 0])), Err(Broken::Compression([0x1f, 0x8b, 8, 0])));
        let whole = image(&lz4(&[b"kernel"], 6));
        assert_eq!(unpack(&whole[..whole.len() - 12]), Err(Broken::Short));
        let mut old = whole;
        old[PROTOCOL] = 7;
        assert_eq!(unpack(&old), Err(Broken::OldProtocol(0x207)));
    }
}
