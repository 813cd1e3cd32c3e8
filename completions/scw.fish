# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_scw_global_optspecs
    string join \n p/profile= c/config= o/output= D/debug api= api-url= no-input color= q/quiet h/help V/version
end

function __fish_scw_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_scw_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_scw_using_subcommand
    set -l cmd (__fish_scw_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c scw -n "__fish_scw_needs_command" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_needs_command" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_needs_command" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_needs_command" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_needs_command" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_needs_command" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_needs_command" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_needs_command" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_needs_command" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_needs_command" -f -a "login" -d 'Log in and keep the secret key in the keyring'
complete -c scw -n "__fish_scw_needs_command" -f -a "logout" -d 'Forget the login of this profile'
complete -c scw -n "__fish_scw_needs_command" -f -a "whoami" -d 'Show who is logged in, where, and how the secret is kept'
complete -c scw -n "__fish_scw_needs_command" -f -a "token" -d 'Print the secret key, for `curl -H "X-Auth-Token: $(scw token)"`'
complete -c scw -n "__fish_scw_needs_command" -f -a "2fa" -d 'Two-factor authentication: on, off, status and backup codes'
complete -c scw -n "__fish_scw_needs_command" -f -a "completion" -d 'Print the completions for a shell'
complete -c scw -n "__fish_scw_needs_command" -f -a "man" -d 'Print the manual page, or write all of them into a folder'
complete -c scw -n "__fish_scw_using_subcommand login" -l email -d 'Email address [env: `SCW_EMAIL`]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l password-file -d 'File that holds the password, `-` for stdin [env: `SCW_PASSWORD` holds the password itself]' -r -F
complete -c scw -n "__fish_scw_using_subcommand login" -l otp-command -d 'Command that prints a one-time password [env: `SCW_OTP` holds one itself]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l backup-code-file -d 'File that holds a backup code, `-` for stdin' -r -F
complete -c scw -n "__fish_scw_using_subcommand login" -l organization -d 'Organization to log in to, by id or name, where there are several' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l expires -d 'When the API key of this login ends: `12h`, `90d` or `never` [default: 90d]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l access-key -d 'Access key that belongs to the secret key' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l storage -d 'Where to keep the secret: `keyring`, or `file` (only its owner can read it) [env: `SCW_KEYRING`] [default: keyring]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand login" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand login" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand login" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand login" -l web -d 'Log in with a browser on this machine'
complete -c scw -n "__fish_scw_using_subcommand login" -l no-browser -d 'Print the address for the browser, which works once, instead of opening it'
complete -c scw -n "__fish_scw_using_subcommand login" -l with-token -d 'Read a secret key, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines, from stdin'
complete -c scw -n "__fish_scw_using_subcommand login" -l from-config -d 'Move the profile\'s secret key from the official `config.yaml` into the keyring'
complete -c scw -n "__fish_scw_using_subcommand login" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand login" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand login" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand login" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand logout" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand logout" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand logout" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand logout" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand logout" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand logout" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand logout" -l keep-key -d 'Leave the API key on the server'
complete -c scw -n "__fish_scw_using_subcommand logout" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand logout" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand logout" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand logout" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand whoami" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand whoami" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand whoami" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand whoami" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand whoami" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand whoami" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand whoami" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand whoami" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand whoami" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand whoami" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand token" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand token" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand token" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand token" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand token" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand token" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand token" -l access-key -d 'Print the access key instead'
complete -c scw -n "__fish_scw_using_subcommand token" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand token" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand token" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand token" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -f -a "on" -d 'Switch two-factor authentication on'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -f -a "off" -d 'Switch two-factor authentication off'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -f -a "status" -d 'Show whether two-factor authentication is on'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -f -a "keys" -d 'Passkeys of the account'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -f -a "recover" -d 'Show the ways back in that are open right now'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and not __fish_seen_subcommand_from on off status keys recover codes" -f -a "codes" -d 'Backup codes saved on this machine; never asks the API'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l qr -d 'How to show the QR code; with a screen reader, use `none`: plain lines of text only' -r -f -a "auto\t'What the terminal and the locale can show'
utf8\t'Half blocks'
ascii\t'ASCII characters only, twice as wide'
none\t'No QR code, only the key as text'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l qr-file -d 'Also write the QR code to a file, PNG or SVG by its name' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l uri-file -d 'Also write the `otpauth://` URI to a file, `-` for stdout' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l otp-command -d 'Command that gets the key on stdin and prints a one-time password' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l codes-file -d 'Where to save the backup codes, instead of the data folder' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l encrypt-to -d 'Encrypt the saved backup codes to an age recipient or an SSH public key' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l renew -d 'Replace the authenticator and the backup codes'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s y -l yes -d 'Do not ask before the old authenticator stops working'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from on" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l user -d 'Act for another member of the organization' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l email -d 'Email address [env: `SCW_EMAIL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l password-file -d 'File that holds the password, `-` for stdin [env: `SCW_PASSWORD` holds the password itself]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l otp-command -d 'Command that prints a one-time password [env: `SCW_OTP` holds one itself]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l backup-code-file -d 'File that holds a backup code, `-` for stdin' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s y -l yes -d 'Do not ask for confirmation'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l all -d 'Remove every second factor, also passkeys'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l backup-code -d 'Without a login: use the next saved backup code, without showing it'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from off" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -l check -d 'Exit with code 8 when two-factor authentication is off'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List the passkeys with their ids and dates'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -f -a "rename" -d 'Give a passkey another name'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from keys" -f -a "remove" -d 'Remove a passkey from the account'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from recover" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -f -a "list" -d 'List the codes, masked'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -f -a "next" -d 'Print the next unused code and mark it used'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -f -a "used" -d 'Mark a code as used'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -f -a "path" -d 'Print where the codes are saved'
complete -c scw -n "__fish_scw_using_subcommand 2fa; and __fish_seen_subcommand_from codes" -f -a "remove" -d 'Remove the saved codes'
complete -c scw -n "__fish_scw_using_subcommand completion" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand completion" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand completion" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand completion" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand completion" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand completion" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand completion" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand completion" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand completion" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand completion" -s V -l version -d 'Print version'
complete -c scw -n "__fish_scw_using_subcommand man" -s p -l profile -d 'Profile to use [env: `SCW_PROFILE`] [default: default]' -r
complete -c scw -n "__fish_scw_using_subcommand man" -s c -l config -d 'Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]' -r -F
complete -c scw -n "__fish_scw_using_subcommand man" -s o -l output -d 'Form of the result' -r -f -a "human\t'For people'
json\t'One JSON document'"
complete -c scw -n "__fish_scw_using_subcommand man" -l api -d 'API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]' -r
complete -c scw -n "__fish_scw_using_subcommand man" -l api-url -d 'Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]' -r
complete -c scw -n "__fish_scw_using_subcommand man" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise'
always\t'Always'
never\t'Never'"
complete -c scw -n "__fish_scw_using_subcommand man" -s D -l debug -d 'Show the HTTP exchange on stderr, every secret as `***`'
complete -c scw -n "__fish_scw_using_subcommand man" -l no-input -d 'Never prompt'
complete -c scw -n "__fish_scw_using_subcommand man" -s q -l quiet -d 'Show the result only'
complete -c scw -n "__fish_scw_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scw -n "__fish_scw_using_subcommand man" -s V -l version -d 'Print version'
