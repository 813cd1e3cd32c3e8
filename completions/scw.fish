complete --keep-order --exclusive --command scw --arguments "(SCW_COMPLETE=fish scw -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
