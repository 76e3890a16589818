#include "netdev/rtnl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/request.h"

/* What one read can take. The kernel makes the messages of a dump as large as the reader's buffer,
 * up to 32 KiB (netlink_dump() in net/netlink/af_netlink.c). */
#define BUFFER_SIZE 32768

/* How often a dump is begun anew before we give up: on a host where links come and go faster than
 * they can be listed, for ever is the alternative. */
#define DUMP_ATTEMPTS 100

struct rtnl {
    struct nl_sock *socket;
};

/* An answer as it comes in. */
struct answer {
    uint32_t sequence;
    bool interrupted; /* NLM_F_DUMP_INTR was seen */
    bool complete;
    request_reply_fn *reply;
    void *arg;
};

/* The errno value for a failure of libnl's own functions. What the kernel refuses does not come
 * through here: libnl's codes are coarser than errno, so answers are read by hand below. */
static int errno_of_libnl(int nle)
{
    switch (abs(nle)) {
    case NLE_INTR:
        return EINTR;
    case NLE_AGAIN:
        return EAGAIN;
    case NLE_NOMEM:
        return ENOBUFS;
    case NLE_PERM:
        return EPERM;
    case NLE_NOACCESS:
        return EACCES;
    case NLE_MSGSIZE:
    case NLE_MSG_TRUNC:
    case NLE_MSG_OVERFLOW:
        return EMSGSIZE;
    default:
        return EIO;
    }
}

static int open_socket(int *fdp)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int on = 1;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) {
        return -errno;
    }
    /* The kernel's words with errors, and errors without a copy of the request. Older kernels have
     * neither, and nothing depends on them. */
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    *fdp = steal_fd(&fd);
    return 0;
}

int rtnl_open(struct rtnl **rtnl, char **errorp)
{
    auto_close int fd = -1;
    int error = open_socket(&fd);

    if (error) {
        return error_set(errorp, -error, "cannot open a netlink socket: %m");
    }
    struct nl_sock *socket = nl_socket_alloc();

    if (!socket) {
        return error_set(errorp, ENOMEM, "cannot open a netlink socket: %m");
    }
    error = nl_socket_set_fd(socket, NETLINK_ROUTE, fd);
    if (error) {
        nl_socket_free(socket);
        return error_set(errorp, errno_of_libnl(error), "cannot use a netlink socket: %s",
                         nl_geterror(error));
    }
    steal_fd(&fd);
    nl_socket_set_msg_buf_size(socket, BUFFER_SIZE);
    nl_socket_enable_msg_peek(socket);
    *rtnl = mem_zalloc(sizeof **rtnl);
    (*rtnl)->socket = socket;
    return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
    if (rtnl) {
        nl_socket_free(rtnl->socket);
        free(rtnl);
    }
}

struct nl_msg *request_new(int type, int flags, int family, int ifindex)
{
    struct ifinfomsg header = {.ifi_family = (unsigned char)family, .ifi_index = ifindex};

    struct nl_msg *request = nlmsg_alloc_simple(type, flags);

    if (!request || nlmsg_append(request, &header, sizeof header, NLMSG_ALIGNTO)) {
        abort(); /* no memory: see base/mem.h */
    }
    return request;
}

void request_free(struct nl_msg *request)
{
    nlmsg_free(request);
}

/* The kernel's words among the attributes at `offset` of a message's data, or NULL. */
static const char *words_at(const struct nlmsghdr *message, size_t offset)
{
    size_t length = (size_t)nlmsg_datalen(message);

    if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || offset > length) {
        return NULL;
    }
    const struct nlattr *first = (const struct nlattr *)((const char *)nlmsg_data(message) +
                                                         offset);
    const struct nlattr *words = nla_find(first, (int)(length - offset), NLMSGERR_ATTR_MSG);

    if (!words || !memchr(nla_data(words), '\0', (size_t)nla_len(words))) {
        return NULL;
    }
    return nla_data(words);
}

/* Turns the kernel's answer, a negative errno value, into an error of ours. */
static int refused(int error, const char *words, char **errorp)
{
    const char *remedy = error == -EPERM ? "; this needs CAP_NET_ADMIN: run as root" : "";

    if (words) {
        return error_set(errorp, -error, "%s (%s)%s", strerror(-error), words, remedy);
    }
    return error_set(errorp, -error, "%s%s", strerror(-error), remedy);
}

/* NLMSG_ERROR, which with error 0 is an acknowledgement. */
static int take_error(struct answer *answer, const struct nlmsghdr *message, char **errorp)
{
    const struct nlmsgerr *error = nlmsg_data(message);
    size_t offset = sizeof *error;

    if ((size_t)nlmsg_datalen(message) < sizeof *error) {
        return error_set(errorp, EPROTO, "truncated answer from the kernel");
    }
    answer->complete = true;
    if (!error->error) {
        return 0;
    }
    /* Behind the header of our request comes the rest of it, unless the kernel left that out. */
    if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
        offset += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof error->msg;
    }
    return refused(error->error, words_at(message, offset), errorp);
}

/* NLMSG_DONE, the end of a dump, with an error in it where the dump broke off. */
static int take_done(struct answer *answer, const struct nlmsghdr *message, char **errorp)
{
    int error = 0;

    if ((size_t)nlmsg_datalen(message) >= sizeof error) {
        memcpy(&error, nlmsg_data(message), sizeof error);
    }
    answer->complete = true;
    return error < 0 ? refused(error, words_at(message, sizeof error), errorp) : 0;
}

static int take_message(struct answer *answer, const struct nlmsghdr *message, char **errorp)
{
    if (message->nlmsg_seq != answer->sequence) {
        return 0; /* late, of an earlier request that ended in an error of ours */
    }
    if (message->nlmsg_flags & NLM_F_DUMP_INTR) {
        answer->interrupted = true;
    }
    switch (message->nlmsg_type) {
    case NLMSG_ERROR:
        return take_error(answer, message, errorp);
    case NLMSG_DONE:
        return take_done(answer, message, errorp);
    case NLMSG_NOOP:
        return 0;
    default:
        if (answer->reply) {
            answer->reply(message, answer->arg);
        }
        return 0;
    }
}

/* Reads one datagram and takes the messages in it. */
static int receive(struct rtnl *rtnl, struct answer *answer, char **errorp)
{
    auto_free unsigned char *buffer = NULL;
    struct sockaddr_nl from;
    int left = nl_recv(rtnl->socket, &from, &buffer, NULL);

    if (left <= 0) {
        return error_set(errorp, left ? errno_of_libnl(left) : EIO,
                         "cannot read the kernel's answer: %s", nl_geterror(left));
    }
    if (from.nl_pid != 0) {
        return 0; /* not the kernel */
    }
    struct nlmsghdr *message = (struct nlmsghdr *)buffer;

    while (nlmsg_ok(message, left) && !answer->complete) {
        int error = take_message(answer, message, errorp);

        if (error) {
            return error;
        }
        message = nlmsg_next(message, &left);
    }
    return 0;
}

static int send_once(struct rtnl *rtnl, struct nl_msg *request, struct answer *answer,
                     char **errorp)
{
    struct nlmsghdr *header = nlmsg_hdr(request);

    header->nlmsg_seq = NL_AUTO_SEQ;
    int result = nl_send_auto(rtnl->socket, request);

    if (result < 0) {
        return error_set(errorp, errno_of_libnl(result), "cannot ask the kernel: %s",
                         nl_geterror(result));
    }
    answer->sequence = header->nlmsg_seq;
    while (!answer->complete) {
        int error = receive(rtnl, answer, errorp);

        if (error) {
            return error;
        }
    }
    return 0;
}

int request_send(struct rtnl *rtnl, struct nl_msg *request, request_reply_fn *reply, void *arg,
                 char **errorp)
{
    for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
        struct answer answer = {.reply = reply, .arg = arg};
        int error = send_once(rtnl, request, &answer, errorp);

        if (error || !answer.interrupted) {
            return error;
        }
        if (reply) {
            reply(NULL, arg);
        }
    }
    return error_set(errorp, EAGAIN,
                     "the kernel's list changed during each of %d attempts to read it",
                     DUMP_ATTEMPTS);
}
