# The guest's half of benches/network.rs: `serve PORT`, or `get`, `put`, `knock HOST:PORT` through the proxy.
use strict;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($what, $target, $count) = @ARGV;
my $piece = "\0" x 65536;

sub take {
    my ($from, $left) = @_;
    while ($left > 0) {
        my $got = sysread $from, my $bytes, $left < 65536 ? $left : 65536;
        die "cut off: $!" unless $got;
        $left -= $got;
    }
}

sub give {
    my ($to, $left) = @_;
    while ($left > 0) {
        my $given = syswrite $to, $piece, $left < 65536 ? $left : 65536;
        die "cut off: $!" unless $given;
        $left -= $given;
    }
}

sub proxied {
    my ($port) = $ENV{http_proxy} =~ /:(\d+)$/;
    my $proxy = IO::Socket::INET->new("127.0.0.1:$port") or die "no proxy: $!";
    syswrite $proxy, "CONNECT $target HTTP/1.1\r\nHost: $target\r\n\r\n";
    my $head = '';
    $head .= $_ while $head !~ /\r\n\r\n$/ && sysread $proxy, $_, 1;
    die $head unless $head =~ /^HTTP\/1.1 200/;
    return $proxy;
}

if ($what eq 'serve') {
    my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => "127.0.0.1:$target", ReuseAddr => 1) or die;
    while (my $client = $listener->accept) {
        my $asked = '';
        $asked .= $_ while $asked !~ /\n$/ && sysread $client, $_, 1;
        my ($way, $bytes) = $asked =~ /(\w+) (\d+)/;
        if ($way eq 'get') { give($client, $bytes) } else { take($client, $bytes); syswrite $client, '.' }
        close $client;
    }
} elsif ($what eq 'knock') {
    my $began = time;
    for (1 .. $count) { my $one = proxied(); syswrite $one, "get 1\n"; take($one, 1); close $one }
    printf "%.3f", (time - $began) * 1000 / $count;
} else {
    my $one = proxied();
    syswrite $one, "$what $count\n";
    if ($what eq 'get') { take($one, $count) } else { give($one, $count); take($one, 1) }
}
