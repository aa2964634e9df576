# SPDX-License-Identifier: GPL-2.0-only
# Completion of mkctl and mkio for bash: they know their words themselves.
_mkctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} line
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ $line == :file ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do
				COMPREPLY+=("$line")
			done < <(compgen -f -- "$current")
			continue
		fi
		line=${line%%$'\t'*}
		[[ $line == "$current"* ]] && COMPREPLY+=("$line")
	done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _mkctl mkctl mkio
