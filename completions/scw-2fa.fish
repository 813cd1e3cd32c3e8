complete --keep-order --exclusive --command scw-2fa --arguments "(SCW_COMPLETE=fish scw-2fa -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
