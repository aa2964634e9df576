# SPDX-License-Identifier: GPL-2.0-only
# Completion of mkctl and mkio for bash: they know their words themselves.
_mkctl()
{
	local line word words=() current known ahead
	# bash takes "root=/srv" for three words, of which it completes the last.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if (( ${#words[@]} )) && [[ $word == = || ${words[-1]} == *= ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	current=${words[-1]} known=${current%"${current##*=}"}
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ $line == :file* ]]; then
			compopt -o filenames 2>/dev/null
			ahead=${line#:file} ahead=${ahead#$'\t'}
			while IFS= read -r line; do
				line=$ahead$line
				COMPREPLY+=("${line#"$known"}")
			done < <(compgen -f -- "${current#"$ahead"}")
			continue
		fi
		line=${line%%$'\t'*}
		[[ $line == "$current"* ]] && COMPREPLY+=("${line#"$known"}")
	done < <("${COMP_WORDS[0]}" complete "${words[@]}" 2>/dev/null)
}
complete -F _mkctl mkctl mkio
