#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# packaging/completion in real shells: what each offers is what "mkctl complete" says.
use strict;
use warnings;
use Cwd 'abs_path';
use FindBin;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

my $completion = abs_path("$FindBin::Bin/../../packaging/completion");
machine();
instance('web', 1, 'active', 0x10000000, 1);
instance('db', 7, 'ready', 0x20000000, 3, 2);
spew('kernel.img', '');
spew('kernel two.img', '');
mkdir 'bin';
symlink $mkctl, 'bin/mkctl';
$ENV{PATH} = "$scratch/bin:$ENV{PATH}";
$ENV{HOME} = $scratch;

# The words before the cursor, and what is to be offered, without the tag that is written already.
my @cases = (
	[ 'l', 'list logs' ],
	[ 'boot ', 'db web' ],
	[ 'boot w', 'web' ],
	[ 'create ', '' ],
	[ 'create w', '' ],
	[ 'boot web --ke', '--kernel' ],
	[ 'boot web --kernel ker', 'kernel two.img,kernel.img' ],
	[ 'boot web --share ker', 'kernel two.img,kernel.img' ],
	[ 'boot web --share root=ker', 'kernel two.img,kernel.img' ],
	[ 'wait web --for a', 'active' ],
	[ 'apply --d', '--dry-run' ],
	[ 'image ', 'list load' ],
	[ 'nothing ', '' ],
);

sub offers
{
	my ($shell, $ask) = @_;
	SKIP: {
		skip "there is no $shell", scalar @cases if system("command -v $shell >/dev/null");
		for my $case (@cases) {
			my ($words, $wanted) = @$case;
			my @got = sort grep { length } map { s/\t.*//r =~ s/ $//r =~ s/^root=//r }
				split /\n/, $ask->($words);
			my @want = $wanted =~ /,/ ? split(/,/, $wanted) : split(' ', $wanted);
			is_deeply \@got, [ sort @want ], "$shell: mkctl $words";
		}
	}
}

# An equals sign ends a word to bash, and is one itself.
offers('bash', sub {
	my @words = ('mkctl', map { length ? split /(=)/ : $_ } split(/ /, $_[0], -1));
	my $list = join ' ', map { qq{"$_"} } @words;
	return `bash --norc -c '. $completion/mkctl.bash
		COMP_WORDS=($list); COMP_CWORD=$#words; _mkctl; printf "%s\\n" "\${COMPREPLY[@]}"' 2>/dev/null`;
});
offers('fish', sub {
	return `fish --no-config -c 'source $completion/mkctl.fish; complete -C "mkctl $_[0]"'` =~ s/\\ / /gr;
});

# zsh completes at a prompt only; here its two functions print what they would offer.
offers('zsh', sub {
	my @words = ('mkctl', split(/ /, $_[0], -1));
	my ($list, $current, $typed) = (join(' ', map { qq{"$_"} } @words), scalar @words, quotemeta($words[-1] =~ s/.*=//r));
	my $said = `zsh -f -c 'words=($list); CURRENT=$current
		_files() { print -rl -- \${words[CURRENT]}*(N) }
		compset() { words[CURRENT]=\${words[CURRENT]#*=} }
		_describe() { print -rl -- "\${(\@P)2}" }
		. $completion/_mkctl' 2>&1`;
	return join "\n", map { s/:.*//r } grep { /^$typed/ } split /\n/, $said;
});

# At a prompt, as a person has it: what is one word is written out, and what is several is shown. zsh looks through all
# completions that there are, a thousand files, and its prompt must wait for that only so long: so it has done so before.
my $compinit = "fpath=($completion \$fpath); autoload -U compinit; compinit -u -d $scratch/.zcompdump";
system('zsh', '-f', '-c', $compinit) unless system('command -v zsh >/dev/null');
spew('.zshrc', "PS1='> '; $compinit -C\n");
spew('.bashrc', "PS1='> '; . $completion/mkctl.bash\n");
for my $shell ([ zsh => "ZDOTDIR=$scratch zsh -d" ], [ bash => "bash --rcfile $scratch/.bashrc -i" ]) {
	my ($name, $command) = @$shell;
	SKIP: {
		skip "there is no $name or no tmux", 5 if system("command -v $name >/dev/null && command -v tmux >/dev/null");
		local $ENV{TERM} = 'xterm';
		new_tmux();
		is system("$tmux new-session -d -x 90 -y 20 '$command'"), 0, "$name in a terminal";
		screen_shows(qr/^> *$/m, 'its prompt');
		system("$tmux send-keys 'mkctl boot w' Tab");
		screen_shows(qr/^> mkctl boot web *$/m, 'a name') or diag explain [ run(qw(complete boot w)) ];
		system("$tmux send-keys --  --ke Tab");
		screen_shows(qr/^> mkctl boot web --kernel *$/m, 'an option');
		system("$tmux send-keys -- 'kernel.img --share root=' bi Tab");
		screen_shows(qr{--share root=bin/ *$}m, 'a directory behind its tag');
		system("$tmux kill-server");
	}
}
done_testing;
