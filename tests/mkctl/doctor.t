#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkctl doctor on a machine that is as it should be, and with each thing in turn that is not.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use FindBin;
use JSON::PP;
use POSIX 'uname';
use Test::More;
use lib $FindBin::Bin;
use Helpers;

my $release = (uname)[2];
@ENV{qw(MKCTL_PROC MKCTL_BOOT MKCTL_DEV)} = map { "$scratch/$_" } qw(proc boot dev);
my $flags = 'fpu tsc constant_tsc nonstop_tsc_s3 nonstop_tsc';
my $config = join '', "#\n", map { "CONFIG_$_=y\n" } qw(KEXEC_FILE HOTPLUG_CPU MEMORY_HOTREMOVE CONTIG_ALLOC LIVEPATCH);
$ENV{MKCTL_MODULES} = "$scratch/nothing";
my $ram = "00001000-0009fbff : System RAM\n00100000-7fffffff : System RAM\n";

sub file
{
	my ($path, $text) = @_;
	make_path($path =~ s|/[^/]*$||r);
	spew($path, $text);
}

# Of four blocks of 128 MB, as /proc/kpageflags has them: for each [block, page in it, bit].
sub page_flags
{
	my $file = "$scratch/proc/kpageflags";
	my $pages = 128 << 20 >> 12;
	file($file, '');
	truncate $file, 64 * $pages * 8;	# those of a machine with larger blocks, too
	open(my $out, '+<', $file) or die "$file: $!";
	for (@_) {
		my ($block, $page, $bit) = @$_;
		seek $out, ($block * $pages + $page) * 8, 0;
		print $out pack 'Q', 1 << $bit;
	}
}

# A machine with two cores of two threads, of which all but CPU 0 can go.
sub healthy
{
	machine();
	remove_tree("$scratch/$_") for qw(proc boot dev);
	file("$sys/devices/system/cpu/online", "0-3\n");
	file("$sys/devices/system/cpu/smt/active", "1\n");
	file("$sys/devices/system/cpu/cpu$_/topology/core_cpus_list", $_ < 2 ? "0-1\n" : "2-3\n") for 0 .. 3;
	file("$sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	file("$sys/devices/system/memory/block_size_bytes", "8000000\n");
	file("$sys/devices/system/memory/memory$_/removable", "1\n") for 0 .. 3;
	file("$sys/devices/system/memory/memory$_/valid_zones", $_ > 2 ? "Movable\n" : "Normal\n") for 0 .. 3;
	file("$sys/devices/system/node/online", "0\n");
	file("$sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	file("$sys/kernel/kexec_crash_loaded", "0\n");
	file("$sys/kernel/livepatch/multikernel_kexec/enabled", "1\n");
	file("$sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0\0");
	file("$sys/module/module/parameters/sig_enforce", "N\n");
	file("$scratch/proc/cpuinfo", join '', map { "processor\t: $_\nflags\t\t: $flags\napicid\t\t: $_\n\n" } 0 .. 3);
	file("$scratch/proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable:    8388608 kB\n");
	file("$scratch/proc/iomem", $ram);
	file("$scratch/proc/sys/kernel/kexec_load_disabled", "0\n");
	file("$scratch/proc/1/comm", "systemd\n");
	file("$scratch/proc/cmdline", "quiet -- no_ipi_broadcast=1\n");
	file("$scratch/proc/interrupts", "   0:  34  IO-APIC  2-edge  timer\n");
	page_flags();
	file("$scratch/boot/config-$release", $config);
}

healthy();
my ($code, $out, $err) = run('doctor');
is $code, 0, 'a healthy machine';
is $err, '', 'no complaint';
$out =~ s/\Q$release\E/RELEASE/g;
spew("$FindBin::Bin/golden/doctor.txt", $out) if ($ENV{GOLDEN} // '') eq 'new';
is $out, slurp("$FindBin::Bin/golden/doctor.txt"), 'as in doctor.txt';

# What a CPU's /dev/cpu/N/msr would give: eight bytes at the offset that is the register's number.
sub msrs
{
	my %value = @_;
	my $text = "\0" x 0x200;
	substr($text, $_, 8) = pack 'Q', $value{$_} for keys %value;
	return $text;
}

# Each change, and the line that tells it.
sub finds
{
	my ($line, $path, $text) = @_;
	my $name = "$path: " . ($text // 'gone') =~ s/[\n\0].*//sr;
	healthy();
	defined $text ? file("$scratch/$path", $text) : remove_tree("$scratch/$path");
	my ($got, $said) = run('doctor');
	my ($verdict) = $line =~ /^(\w+)/;
	is $got, $verdict eq 'fail' ? 1 : 0, "$name, exit code";
	like $said, qr/^$line.*\n *-> \w/m, 'is found, with a remedy' if $verdict ne 'pass';
	like $said, qr/^$line/m, 'is found' if $verdict eq 'pass';
	my @others = grep { !/^pass/ && !/^ / && !/^$line/ } split /\n/, $said;
	is "@others", '', 'and nothing else';
}
finds('warn  config .*not known', "boot/config-$release");
{
	local $ENV{MKCTL_MODULES} = "$scratch/modules";
	file("$scratch/modules/$release/config", $config);
	finds('pass  config ', "boot/config-$release");
}
finds("fail  config .*without CONFIG_$_", "boot/config-$release", $config =~ s/CONFIG_$_=y\n//r)
	for qw(KEXEC_FILE HOTPLUG_CPU MEMORY_HOTREMOVE CONTIG_ALLOC);
finds('fail  config .*without CONFIG_KEXEC_FILE', "boot/config-$release", $config =~ s/KEXEC_FILE=y/KEXEC_FILE=m/r);
finds('warn  config .*livepatch', "boot/config-$release", $config =~ s/LIVEPATCH=y/LIVEPATCH_MORE=y/r);
finds('fail  lockdown .*integrity', 'sys/kernel/security/lockdown', "none [integrity] confidentiality\n");
finds('pass  lockdown', 'sys/kernel/security/lockdown');
finds('warn  secure-boot', 'sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c', "\6\0\0\0\1");
finds('pass  secure-boot', 'sys/firmware/efi');
finds('fail  kexec .*kexec_load_disabled', 'proc/sys/kernel/kexec_load_disabled', "1\n");
finds('warn  signatures', 'sys/module/module/parameters/sig_enforce', "Y\n");
{
	local $ENV{MKCTL_MODULES} = "$scratch/modules";
	remove_tree("$scratch/modules");
	finds('warn  module .*not loaded, and not installed for this kernel', 'sys/fs/multikernel');
	like +(run('doctor'))[1], qr/-> install linux-headers-\Q$release\E,/, 'the remedy names the headers that DKMS lacks';
	file("$scratch/modules/$release/updates/dkms/multikernel.ko.xz", 'not looked at');
	finds('warn  module  .*not loaded$', 'sys/fs/multikernel');
}
finds('fail  module .*9\.9', 'sys/fs/multikernel/version', "9.9\n");
finds('fail  module .*older', 'sys/fs/multikernel/version');
finds('warn  livepatch .*kpatch_7', 'sys/kernel/livepatch/kpatch_7/enabled', "1\n");
finds('warn  kdump', 'sys/kernel/kexec_crash_loaded', "1\n");
finds('warn  kvm', 'sys/module/kvm_intel/refcnt', "4\n");
finds('pass  kvm', 'sys/module/kvm_amd/refcnt', "0\n");
finds('warn  kvm', 'sys/module/kvm_amd/refcnt', "12\n");
finds('fail  cpus .*no CPU', 'sys/devices/system/cpu/online', "0\n");
finds('pass  cpus .*: 2-3$', 'sys/devices/system/cpu/cpu1/online');
finds("pass  cpu-0 .*takes Linux 6.5", "sys/class/dmi/id/bios_vendor", "SeaBIOS\n");
finds('pass  cpu-0 .*the attempt', "boot/config-$release", "${config}CONFIG_HOTPLUG_CORE_SYNC_FULL=y\n");
finds('warn  smt  .* 1 CPUs', 'sys/devices/system/cpu/cpu3/topology/core_cpus_list', "3\n");
finds('warn  tsc ', 'proc/cpuinfo', "processor\t: 0\nflags\t: tsc constant_tsc nonstop_tsc_s3\napicid\t: 0\n");
finds('warn  tsc ', 'proc/cpuinfo', "processor\t: 0\nflags\t: tsc nonstop_tsc\napicid\t: 0\n");
finds('warn  tsc .*hpet', 'sys/devices/system/clocksource/clocksource0/current_clocksource', "hpet\n");
finds('warn  apic-ids .*256', 'proc/cpuinfo', "processor\t: 0\nflags\t: $flags\napicid\t: 256\n");
finds('pass  apic-ids .*254', 'proc/cpuinfo', "processor\t: 0\nflags\t: $flags\napicid\t: 254\n");
finds('pass  apic-mode .* xAPIC', "dev/cpu/0/msr", msrs(0x1b => 0xfee00900));
finds('pass  apic-mode .*can leave', "dev/cpu/0/msr", msrs(0x1b => 0xfee00d00));
finds('pass  apic-mode .*can leave', "dev/cpu/0/msr", msrs(0x1b => 0xfee00d00, 0xbd => 1, 0x10a => 1 << 20));
finds('pass  apic-mode .*can leave', "dev/cpu/0/msr", msrs(0x1b => 0xfee00d00, 0xbd => 2, 0x10a => 1 << 21));
finds('warn  apic-mode .*locked', "dev/cpu/0/msr", msrs(0x1b => 0xfee00d00, 0xbd => 1, 0x10a => 1 << 21));
finds('pass  iommu .*does not remap', 'sys/class/iommu/dmar0/x', '');
finds('pass  iommu .*are remapped', 'proc/interrupts', "  24:  7  IR-PCI-MSI  512000-edge  ahci\n");
finds('pass  broadcast .*told', 'proc/cmdline', "no-ipi-broadcast=1\n");
finds('pass  broadcast .*ceases', 'proc/cmdline', "no_ipi_broadcast=1 no_ipi_broadcast=0\n");
finds('pass  broadcast .*away: 1-2$', 'sys/fs/multikernel/pool/cpus', "1-2\n");
finds('pass  irqbalance .* runs', 'proc/77/comm', "irqbalance\n");
finds('warn  memory .* 100 MB', 'proc/meminfo', "MemAvailable:   102400 kB\n");
finds('warn  blocks .*no memory blocks', 'sys/devices/system/memory');
finds('warn  blocks .*2048 MB', 'sys/devices/system/memory/block_size_bytes', "80000000\n");
finds('pass  holders .*for root', 'proc/kpageflags');
finds('warn  low-memory .*root', 'proc/iomem', "00000000-00000000 : System RAM\n");
finds('warn  low-memory .* 1 instances', 'proc/iomem', "00090000-0009bfff : System RAM\n00100000-7fffffff : System RAM\n");
finds('pass  numa .*0-1', 'sys/devices/system/node/online', "0-1\n");
finds('pass  encryption .*SME', 'proc/cpuinfo', "processor\t: 0\nflags\t: $flags sme sev\napicid\t: 0\n");
finds('fail  encryption ', 'proc/cpuinfo', "processor\t: 0\nflags\t: $flags tdx_guest\napicid\t: 0\n");
finds('pass  encryption ', 'proc/cmdline', "mem_encrypt=on\n");
my $kmsg = "6,1,0,-;Linux version 6.1\n" . 'x' x 8100 . "\n6,2,9,-;Memory Encryption Features";
finds('fail  encryption .*', 'dev/kmsg', "$kmsg active: AMD SEV\n");
finds('pass  encryption ', 'dev/kmsg', "$kmsg none\n");
for ([ 'mem_encrypt=on' => 1 ], [ 'mem_encrypt=off mem_encrypt=on quiet' => 1 ], [ 'mem_encrypt=on mem_encrypt=off' => 0 ],
		[ 'mem_encrypt=only' => 0 ], [ 'mem_encrypt' => 0 ], [ 'quiet' => 0 ]) {
	my ($words, $fails) = @$_;
	healthy();
	file("$scratch/proc/cpuinfo", "processor\t: 0\nflags\t: $flags sme\napicid\t: 0\n");
	file("$scratch/proc/cmdline", "$words\n");
	my ($got, $said) = run('doctor');
	is $got, $fails, "sme, $words";
	my $line = $fails ? qr/^fail  encryption .*\n *-> .*mem_encrypt=off$/m : qr/^pass  encryption .*not active$/m;
	like $said, $line, 'what it means';
}

# What holds memory blocks: the first and the last page of one count, and the worst of what is in one.
sub holders
{
	my ($text, @pages) = @_;
	healthy();
	page_flags(@pages);
	my ($got, $said) = run('doctor');
	is $got, 0, "holders: $text";
	like $said, qr/^\w+  holders +of 4 memory blocks, \Q$text\E$/m, 'is found';
	return $said;
}
holders('4 hold nothing that stays (0-3)', map { [$_, 7, 12] } 0 .. 3);
holders('3 hold nothing that stays (0,2-3); 1 holds this kernel\'s own pages (1)', [1, 32767, 7]);
holders('2 hold nothing that stays (1-2); 2 hold this kernel\'s own pages (0,3)', [0, 0, 26], [3, 5, 32]);
holders('1 holds nothing that stays (0); 1 holds holes (3); 1 holds huge pages (1); 1 holds broken pages (2)',
	[1, 40, 17], [1, 41, 7], [2, 9, 17], [2, 10, 19], [3, 0, 20]);
like holders('4 hold this kernel\'s own pages (0-3)', map { [$_, $_, 32] } 0 .. 3),
	qr/^warn  holders.*\n *-> movablecore=/m, 'none can go';
truncate "$scratch/proc/kpageflags", 3 * 32768 * 8;
like +(run('doctor'))[1], qr/1 holds holes \(3\)/, 'what is behind the end of memory';

# As JSON, and as a bundle, in which nothing is that a stranger should not know.
healthy();
file("$scratch/proc/cmdline", "root=/dev/secret\n");
file("$mk/last_error", "instance \"secret\": command line: root=secret\n");
my $named = $ram . "100000000-10fffffff : Multikernel pool\n  100000000-100ffffff : Multikernel instance secret\n" .
	"  101000000-101ffffff : Multikernel image secret\n  102000000-102ffffff : Multikernel instance secret2\n";
file("$scratch/proc/iomem", $named);
my @findings = @{ decode_json((run(qw(doctor --json)))[1]) };
is join(' ', map { $_->{name} } @findings), join(' ', $out =~ /^\w+  (\S+)/mg), '--json has all of them';
is join(' ', sort keys %{$findings[0]}), 'name remedy text verdict', 'with all that they say';
my ($bundle_code, $bundle) = run(qw(doctor --bundle));
is $bundle_code, 0, '--bundle';
$bundle = decode_json($bundle);
is_deeply $bundle->{findings}, \@findings, 'has them, too';
is $bundle->{files}{'proc/iomem'}, $named =~ s/\n\z//r =~ s/secret\d?/'*' x length $&/ger, 'and files as they are';
unlike encode_json($bundle), qr/secret/, 'and no name or command line';
file("$sys/kernel/security/lockdown", "none [integrity]\n");
is +(run(qw(doctor --json)))[0], 1, 'a failure is told by the exit code there as well';
done_testing;
