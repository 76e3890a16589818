#include "ovs/remote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"

#define DEFAULT_RUNDIR "/run/openvswitch"
#define DEFAULT_PORT   "6640" /* IANA's "ovsdb" */

static const char *const kind_names[] = {"unix", "tcp", "ssl"};

/* The environment of a program that runs with more privileges than its caller is not asked. */
static const char *rundir(void)
{
    const char *dir = secure_getenv("OVS_RUNDIR");

    return dir && *dir ? dir : DEFAULT_RUNDIR;
}

char *remote_default(void)
{
    return str_printf("unix:%s/db.sock", rundir());
}

static int malformed(const char *text, const char *why, char **errorp)
{
    return error_set(errorp, EINVAL,
                     "malformed OVSDB remote \"%s\": %s; it is unix:PATH, tcp:HOST[:PORT] or "
                     "ssl:HOST[:PORT], with an IPv6 address in brackets",
                     text, why);
}

static bool port_is_good(const char *port)
{
    char *end;
    unsigned long number = strtoul(port, &end, 10);

    return *port >= '0' && *port <= '9' && !*end && number >= 1 && number <= 65535;
}

/* Splits "HOST[:PORT]" or "[ADDRESS][:PORT]". */
static int parse_host(const char *text, const char *target, struct remote *remote, char **errorp)
{
    const char *host = target;
    const char *end;
    const char *port = DEFAULT_PORT;

    if (*target == '[') {
        host++;
        end = strchr(host, ']');
        if (!end) {
            return malformed(text, "no \"]\" after the address", errorp);
        }
        if (end[1] == ':') {
            port = end + 2;
        } else if (end[1]) {
            return malformed(text, "no \":\" after the \"]\"", errorp);
        }
    } else {
        end = strchrnul(host, ':');
        if (*end) {
            port = end + 1;
        }
        if (strchr(port, ':')) {
            return malformed(text, "more than one \":\"", errorp);
        }
    }
    if (end == host) {
        return malformed(text, "no host", errorp);
    }
    if (!port_is_good(port)) {
        return malformed(text, "the port is not a number from 1 to 65535", errorp);
    }
    remote->host = str_printf("%.*s", (int)(end - host), host);
    remote->port = str_dup(port);
    return 0;
}

static int parse_one(const char *text, struct remote *remote, char **errorp)
{
    const char *target = strchr(text, ':');
    size_t kind;

    for (kind = 0; target && kind < ARRAY_LEN(kind_names); kind++) {
        size_t length = strlen(kind_names[kind]);

        if ((size_t)(target - text) == length && !strncmp(text, kind_names[kind], length)) {
            break;
        }
    }
    if (!target || kind == ARRAY_LEN(kind_names)) {
        return malformed(text, "no \"unix:\", \"tcp:\" or \"ssl:\" before it", errorp);
    }
    target++;
    remote->kind = (enum remote_kind)kind;
    if (remote->kind != REMOTE_UNIX) {
        return parse_host(text, target, remote, errorp);
    }
    if (!*target) {
        return malformed(text, "no path", errorp);
    }
    remote->path = *target == '/' ? str_dup(target) : str_printf("%s/%s", rundir(), target);
    return 0;
}

int remotes_parse(const char *text, struct remote **remotes, size_t *n, char **errorp)
{
    struct remote *list = NULL;
    size_t n_list = 0;
    auto_free char *copy = str_dup(text);
    char *rest = copy;
    char *one;

    while ((one = strsep(&rest, ",")) != NULL) {
        list = mem_resize(list, n_list + 1, sizeof *list);
        list[n_list] = (struct remote){0};
        int error = parse_one(one, &list[n_list++], errorp);

        if (error) {
            remotes_free(list, n_list);
            return error;
        }
    }
    *remotes = list;
    *n = n_list;
    return 0;
}

void remotes_free(struct remote *remotes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(remotes[i].path);
        free(remotes[i].host);
        free(remotes[i].port);
    }
    free(remotes);
}

static const struct addrinfo numeric_hints = {
    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};

bool remote_has_name(const struct remote *remote)
{
    struct addrinfo *addresses;

    if (remote->kind == REMOTE_UNIX) {
        return false;
    }
    if (getaddrinfo(remote->host, remote->port, &numeric_hints, &addresses)) {
        return true;
    }
    freeaddrinfo(addresses);
    return false;
}

/* Looks up a host name within the time. getaddrinfo() itself may take as long as the resolver's
 * configuration lets it, and cannot be interrupted; glibc can do it beside us. */
static int look_up(const char *host, const char *port, long long timeout_ms,
                   struct addrinfo **addresses)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

    if (!getaddrinfo(host, port, &numeric_hints, addresses)) {
        return 0;
    }
#ifdef __GLIBC__
    struct query {
        struct addrinfo hints;
        struct gaicb gaicb;
        char texts[];
    } *query = mem_zalloc(sizeof *query + strlen(host) + strlen(port) + 2);
    struct gaicb *list[] = {&query->gaicb};
    const struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                                     .tv_nsec = timeout_ms % 1000 * 1000000};
    char *port_copy = stpcpy(query->texts, host) + 1;

    memcpy(port_copy, port, strlen(port) + 1);
    query->hints = hints;
    query->gaicb = (struct gaicb){
        .ar_name = query->texts, .ar_service = port_copy, .ar_request = &query->hints};
    int error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);

    if (!error) {
        gai_suspend((const struct gaicb *const *)list, 1, &timeout);
        error = gai_error(&query->gaicb);
    }
    if (error == EAI_INPROGRESS && gai_cancel(&query->gaicb) == EAI_NOTCANCELED) {
        /* Its thread still writes there: the memory cannot be given back. */
        return EAI_AGAIN;
    }
    if (error == EAI_INPROGRESS || error == EAI_CANCELED) {
        error = EAI_AGAIN;
    }
    *addresses = query->gaicb.ar_result;
    free(query);
    return error;
#else
    (void)timeout_ms;
    return getaddrinfo(host, port, &hints, addresses);
#endif
}

/* The name of the stream to one address. */
static char *stream_name(enum remote_kind kind, const struct sockaddr *address, socklen_t length)
{
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];

    if (getnameinfo(address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        return NULL;
    }
    return address->sa_family == AF_INET6 ? str_printf("%s:[%s]:%s", kind_names[kind], host, port)
                                          : str_printf("%s:%s:%s", kind_names[kind], host, port);
}

int remote_resolve(const struct remote *remote, long long timeout_ms, char ***names, size_t *n,
                   char **errorp)
{
    struct addrinfo *addresses = NULL;

    *names = NULL;
    *n = 0;
    if (remote->kind == REMOTE_UNIX) {
        *names = mem_zalloc(sizeof **names);
        (*names)[(*n)++] = str_printf("unix:%s", remote->path);
        return 0;
    }
    int error = look_up(remote->host, remote->port, timeout_ms, &addresses);

    if (error == EAI_AGAIN) {
        return error_set(errorp, ETIMEDOUT,
                         "looking up host \"%s\" failed: no name server answered in time",
                         remote->host);
    }
    if (error) {
        return error_set(errorp, EADDRNOTAVAIL, "looking up host \"%s\" failed: %s", remote->host,
                         gai_strerror(error));
    }
    for (const struct addrinfo *a = addresses; a; a = a->ai_next) {
        char *name = stream_name(remote->kind, a->ai_addr, a->ai_addrlen);

        if (name) {
            *names = mem_resize(*names, *n + 1, sizeof **names);
            (*names)[(*n)++] = name;
        }
    }
    freeaddrinfo(addresses);
    return 0;
}

void remote_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(names[i]);
    }
    free(names);
}
