# Programs on a terminal of the guest's own, beside which shells are measured. Perl, for every Debian has it.
#   perl terminal.pl answers COUNT COMMAND...  types COUNT times `echo N`, each once the last was answered and prompted
#   perl terminal.pl drain COMMAND...          reads what the command writes, and throws it away
use strict;
use warnings;
use Fcntl qw(O_RDWR O_NOCTTY);
use POSIX ();

use constant { TIOCSCTTY => 0x540e, TIOCSWINSZ => 0x5414, TIOCGPTN => 0x80045430, TIOCSPTLCK => 0x40045431 };

my $mode = shift;
my $count = $mode eq 'answers' ? shift : 0;

sysopen(my $master, '/dev/ptmx', O_RDWR | O_NOCTTY) or die "ptmx: $!";
my $number = pack('i', 0);
ioctl($master, TIOCSPTLCK, $number) and ioctl($master, TIOCGPTN, $number) or die "ptmx: $!";
sysopen(my $slave, '/dev/pts/' . unpack('i', $number), O_RDWR | O_NOCTTY) or die "pts: $!";
my $size = pack('S4', 30, 120, 0, 0);
ioctl($slave, TIOCSWINSZ, $size) or die "size: $!";

my $child = fork // die "fork: $!";
if ($child == 0) {
    POSIX::setsid();
    ioctl($slave, TIOCSCTTY, 0) or die "terminal: $!";
    POSIX::dup2(fileno $slave, $_) for 0 .. 2;
    close $master;
    exec @ARGV or die "exec: $!";
}
close $slave;

if ($mode eq 'drain') {
    my $bytes = 0;
    while (my $read = sysread $master, my $piece, 65536) {
        $bytes += $read;
    }
    waitpid $child, 0;
    print "$bytes\n";
} else {
    await(qr/\$ $/);
    for my $asked (1 .. $count) {
        syswrite $master, "echo $asked\r";
        await(qr/[\r\n]$asked\r\n.*\$ $/s);
    }
    close $master;
    waitpid $child, 0;
}

# Reads until what was written since the last call looks so.
sub await {
    my ($wanted) = @_;
    my $seen = '';
    while ($seen !~ $wanted) {
        sysread $master, $seen, 4096, length $seen or die "the command ended: $seen";
    }
}
