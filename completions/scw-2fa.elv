
set edit:completion:arg-completer[scw-2fa] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) SCW_COMPLETE="elvish" scw-2fa -- $@words) | to-lines
}

