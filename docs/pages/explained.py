"""What each setting is for: the words that the code does not hold. `settings.py` checks that none is missing."""

SETTINGS: dict[str, dict[str, str]] = {
    "Where things are kept": {
        "WANGGE_DATA": (
            "The data folder of the installation: the SQLite file, keys and secrets, the demonstration's clock. "
            "`var` in the current folder where nothing is said."
        ),
        "DATABASE_URL": "Address of a PostgreSQL database, `postgresql://user:password@host:5432/name`. Without it the "
        "installation keeps its data in SQLite in the data folder. `./run test` tests on this PostgreSQL instead of "
        "starting one.",
        "WANGGE_KEYS": (
            "Folder of the keys of people's data, one file a response. Back it up apart from the database, and "
            "keep it where only the account of the service can read."
        ),
        "WANGGE_KEY_SERVICE": "Address of an OpenBao or HashiCorp Vault server that keeps those keys instead of the "
        "folder, as `https://bao.example.cn:8200`.",
        "WANGGE_KEY_SERVICE_PATH": "The mount of its engine `kv`, version 2, and a folder in it.",
        "WANGGE_KEY_SERVICE_TOKEN_FILE": "File of the token for it; read at every call, so that an agent may renew it.",
        "WANGGE_KEY_SERVICE_CA_FILE": (
            "Certificates that the server's is checked against, where the system's do not do."
        ),
        "WANGGE_KEY_SERVICE_CERTIFICATE_FILE": "Certificate and key, in one PEM file, for a server that asks for one.",
        "WANGGE_EVIDENCE": "Folder of the sealed files that people attach, photos above all. Backups carry it; without "
        "the keys nobody can open what is in it.",
        "WANGGE_PACKS": "Folder in which plan packs are looked for by name.",
        "WANGGE_SECRET_FILE": "File of the secret that signs sessions; made on first use, its owner's only.",
        "WANGGE_WEBHOOK_KEY_FILE": "File of the key that signs webhooks; made on first use, its owner's only.",
    },
    "How it is reached": {
        "WANGGE_HOSTS": "Host names under which pages are served; a request for any other name is refused.",
        "WANGGE_ORIGINS": "Origins that forms may be sent from beside the site's own, as `https://wangge.example.cn`: "
        "needed where a proxy changes the host name.",
        "WANGGE_HTTPS": "On behind a proxy that ends TLS: cookies are sent over HTTPS only, and the proxy's "
        "`X-Forwarded-Proto` is believed. The proxy must set that header itself.",
        "WANGGE_TRUSTED_PROXIES": "Addresses or networks of the proxies before the web workers, as "
        "`127.0.0.1,10.0.0.0/8`. Only what these write into `X-Forwarded-For` is believed, read from the right; "
        "whoever signs in is then held up by their own address after wrong passwords, and not everybody by the "
        "proxy's. Without it the header counts for nothing.",
        "WANGGE_SITE_URL": "The address people open; links in mail and webhooks begin with it.",
    },
    "Map": {
        "WANGGE_TILES": "Address of map tiles under the areas, as `https://tiles.example.cn/{z}/{x}/{y}.png`: "
        "square pictures in Web Mercator. The browser fetches them and sends no referrer; the server must answer with "
        "`Access-Control-Allow-Origin`. A key in the address is seen by whoever may see the map. Without it nothing is "
        "fetched from outside.",
        "WANGGE_TILES_GCJ02": "On where these tiles are drawn in GCJ-02, as those of 高德 and 腾讯 are and those of "
        "天地图 are not. The map then moves what it draws onto them; coordinates stay WGS84 everywhere else.",
        "WANGGE_TILES_CREDIT": "Whom the tiles are from, shown on the map as their licence asks.",
    },
    "Load": {
        "WANGGE_RATE": (
            "API calls a second that each web worker takes from one sender, twice as many at once after a rest; "
            "more are answered 429 with `Retry-After`."
        ),
        "WANGGE_WAITING": "Reports that may wait in a web worker to be written; more are answered 503.",
    },
    "Mail": {
        "WANGGE_SMTP_HOST": "The mail server. Without it no mail is sent; people are told in the app and by webhook.",
        "WANGGE_SMTP_PORT": "Its port.",
        "WANGGE_SMTP_TLS": "On for STARTTLS.",
        "WANGGE_SMTP_USER": "Account on the mail server, where it asks for one.",
        "WANGGE_SMTP_PASSWORD_FILE": "File that holds the account's password.",
        "WANGGE_MAIL_FROM": "Sender of all mail; its domain is also that of the message ids.",
    },
    "Watching": {
        "WANGGE_LOG": (
            "Level of the log on standard error: `DEBUG`, `INFO`, `WARNING`, `ERROR`. Of our own modules `INFO`, "
            "of the libraries `WARNING` where nothing is said."
        ),
        "WANGGE_DEBUG": "On for developers only: errors show their traceback, also to strangers.",
    },
}
