"""The completion scripts of bash, zsh and fish.

Each script runs `oncall __complete WORDS...` to complete the last word. The output has a line for each completion, with
its description after a tab. A line `:files` means the names of files. A script never prints an error, whatever fails.
"""

from __future__ import annotations

BASH = r"""# bash completion of oncall. In ~/.bashrc: eval "$(oncall completion bash)"
_oncall() {
    local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_LINE:0:COMP_POINT}" line cut
    local -a words
    COMPREPLY=()
    # Bash cuts words at ":" and "="; oncall reads the words as they are written.
    read -r -a words <<<"${before}"
    [[ ${before} == *[[:space:]] ]] && words+=("")
    ((${#words[@]} > 1)) || return 0
    cut="${words[-1]%"${words[-1]##*[:=]}"}"
    [[ ${words[-1]} == *[:=]* ]] || cut=""
    while IFS= read -r line; do
        line="${line%%$'\t'*}"
        if [[ ${line} == ":files" ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("${line}"); done < <(compgen -f -- "${current}")
        else
            COMPREPLY+=("${line#"${cut}"}")
        fi
    done < <("${words[0]/#\~/${HOME}}" __complete "${words[@]:1}" 2>/dev/null)
    return 0
}
complete -F _oncall oncall
"""
ZSH = r"""#compdef oncall
# zsh completion of oncall. In ~/.zshrc: eval "$(oncall completion zsh)"
_oncall() {
    local line
    local -a described
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ ${line} == ":files" ]]; then
            _files
        elif [[ -n ${line} ]]; then
            described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    (( ${#described} )) && _describe -V oncall described
    return 0
}
if [[ ${funcstack[1]} == _oncall ]]; then
    _oncall "$@"
else
    (( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit -u 2>/dev/null }
    compdef _oncall oncall 2>/dev/null
fi
"""
FISH = r"""# fish completion of oncall. In ~/.config/fish/config.fish: oncall completion fish | source
function __oncall_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program __complete $words "$current" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c oncall -f -k -a "(__oncall_complete)"
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
