# SPDX-License-Identifier: GPL-2.0-only
# Completion of mkctl and mkio for fish: they know their words themselves.
function __mkctl_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	for line in (command $words[1] complete $words[2..-1] "$current" 2>/dev/null)
		if string match -q ':file*' -- $line
			set -l ahead (string replace -r '^:file\t?' '' -- $line)
			set -l typed (string sub -s (math (string length -- "$ahead") + 1) -- "$current")
			for path in (__fish_complete_path "$typed")
				echo "$ahead$path"
			end
		else
			echo $line
		end
	end
end
complete -c mkctl -f -a '(__mkctl_complete)'
complete -c mkio -f -a '(__mkctl_complete)'
