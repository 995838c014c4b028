# Forks, pipes, locks, sockets, sorting and signals from perl.
use strict;
use warnings;
use Fcntl ':flock';
use IO::Socket::INET;
$| = 1;

open(my $out, '>', 'lines') or die "open: $!";
print $out "$_\n" for map { ($_ * 7919) % 1000 } 1 .. 2000;
close $out;
open(my $sorted, '-|', 'sort', '-n', 'lines') or die "sort: $!";
my @first = (<$sorted>)[0 .. 4];
close $sorted;
print "sorted ", join(',', map { chomp; $_ } @first), " status $?\n";

for my $n (1 .. 50) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open(my $log, '>>', 'log') or die;
        flock($log, LOCK_EX) or die;
        print $log "x" x 100, "\n";
        close $log;
        exit $n % 3;
    }
}
my %status;
while ((my $pid = wait) > 0) { $status{ $? >> 8 }++ }
print join(' ', map { "$_=$status{$_}" } sort keys %status), " log ", -s 'log', "\n";

my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "listen: $!";
my $pid = fork;
if (!$pid) {
    my $client = $server->accept;
    print $client scalar reverse(scalar(<$client>) =~ s/\n//r), "\n";
    exit 0;
}
my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport) or die "connect: $!";
print $client "stressed\n";
print "echo ", scalar <$client>;
waitpid $pid, 0;

print "system ", system('sh', '-c', 'exit 9') >> 8, "\n";
print "backtick ", `echo one; echo two | tr a-z A-Z`;
local $SIG{ALRM} = sub { die "alarm\n" };
eval { alarm 1; select undef, undef, undef, 10; };
print "caught $@";
print "unlink ", unlink('lines'), " missing ", unlink('none'), " $!\n";
