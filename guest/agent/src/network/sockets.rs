//! Sockets, as the kernel's tables tell of them.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
};

use nix::unistd::Pid;

use super::dials::Ends;

/// A dial's other end can be a socket of either family.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// Before an IPv4 address that an IPv6 socket has, as the tables show it: in words of the machine's order.
const MAPPED: &str = "0000000000000000FFFF0000";

/// The inode of the program's end.
pub(super) fn inode(ends: &Ends) -> Option<u64> {
    TABLES.iter().find_map(|table| inode_in(BufReader::new(File::open(table).ok()?), ends))
}

/// The processes that have such a socket open, one after the other.
pub(super) fn holders(inode: u64) -> impl Iterator<Item = Pid> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    processes.filter_map(move |process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        // Processes come and go meanwhile.
        let open = fs::read_dir(process.path().join("fd")).ok()?.filter_map(Result::ok);
        let mut links = open.filter_map(|file| fs::read_link(file.path()).ok());
        links.any(|link| link.as_os_str() == wanted.as_str()).then_some(Pid::from_raw(pid))
    })
}

fn inode_in(table: impl BufRead, ends: &Ends) -> Option<u64> {
    let lines = table.lines().map_while(Result::ok);
    let mut found = lines
        .filter_map(|line| parse(&line).filter(|(local, remote, _)| (*local, *remote) == (ends.program, ends.proxy)));
    found.next().map(|(.., inode)| inode)
}

/// Reads `sl local remote state queues timer retransmits uid timeout inode …`; nothing for a line of another kind, a
/// socket that is not IPv4's in either form, and one that nobody has any more.
fn parse(line: &str) -> Option<(SocketAddr, SocketAddr, u64)> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, remote) = (address(fields.next()?)?, address(fields.next()?)?);
    let inode = fields.nth(6)?.parse().ok().filter(|inode| *inode != 0)?;
    Some((local, remote, inode))
}

fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let address = address.strip_prefix(MAPPED).filter(|rest| !rest.is_empty()).unwrap_or(address);
    if address.len() != 8 {
        return None;
    }
    let address = Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.to_ne_bytes());
    Some((address, u16::from_str_radix(port, 16).ok()?).into())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0C38 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000 100 0 0 10 0
   1: 0100007F:0C38 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0000 20 4 30 10 -1
   2: 0200007F:9C40 0100007F:0C38 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0000 20 4 30 10 -1
   3: 0100007F:9C40 0100007F:0C38 01 00000000:00000000 00:00000000 00000000  1000        0 14 1 0000 20 4 30 10 -1
   4: 0100007F:9C41 0100007F:0C38 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000
";
    const TABLE6: &str = "\
   0: 00000000000000000000000001000000:9C42 00000000000000000000000001000000:0C38 01 0:0 00:0 0 0 0 15 1
   1: 0000000000000000FFFF00000100007F:9C42 0000000000000000FFFF00000100007F:0C38 01 0:0 00:0 0 0 0 16 1
";

    fn ends(program: &str) -> Ends {
        Ends { program: program.parse().unwrap(), proxy: "127.0.0.1:3128".parse().unwrap() }
    }

    #[test]
    fn the_programs_end_is_told_from_all_others() {
        let found = |program, table: &str| inode_in(table.as_bytes(), &ends(program));
        assert_eq!(found("127.0.0.1:40000", TABLE), Some(14));
        assert_eq!(found("127.0.0.2:40000", TABLE), Some(13));
        assert_eq!(found("127.0.0.1:40001", TABLE), None);
        assert_eq!(found("127.0.0.1:40002", TABLE6), Some(16));
        for cut in 0..TABLE.len() {
            let part = found("127.0.0.1:40000", &TABLE[..cut]);
            assert!([None, Some(1), Some(14)].contains(&part), "{part:?}");
        }
    }

    #[test]
    fn a_socket_of_this_process_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let program = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let ends = Ends { program: program.local_addr().unwrap(), proxy: listener.local_addr().unwrap() };
        let inode = inode(&ends).unwrap();
        assert!(holders(inode).any(|pid| pid == Pid::this()));
        drop(program);
        assert!(!holders(inode).any(|pid| pid == Pid::this()));
    }
}
