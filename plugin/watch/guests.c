#include "watch/guests.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "qemu/relink.h"
#include "watch/jobs.h"

struct session {
    char *path;
    struct relink *relink;
    bool ready;
    size_t n_users;
};

struct guests {
    const char *rundir;
    struct session **sessions;
    size_t n;
    struct jobs *jobs;
};

struct guests *guests_new(struct vif_host *host, const char *rundir)
{
    struct guests *guests = mem_zalloc(sizeof *guests);

    guests->rundir = rundir;
    guests->jobs = jobs_new(host, rundir);
    return guests;
}

static void free_session(struct session *session)
{
    relink_close(session->relink);
    free(session->path);
    free(session);
}

void guests_free(struct guests *guests)
{
    if (guests) {
        for (size_t i = 0; i < guests->n; i++) {
            free_session(guests->sessions[i]);
        }
        free(guests->sessions);
        jobs_free(guests->jobs);
        free(guests);
    }
}

/* Through QEMU's monitor. That of a guest of libvirt's is libvirt's. */
static bool has_socket(const struct vif_record *record)
{
    return record->qmp && !record->of_libvirt;
}

bool guests_can_reach(const struct vif_record *record)
{
    return has_socket(record) || (record->of_libvirt && record->port.domain_uuid);
}

static struct session *find(const struct guests *guests, const struct vif_record *record)
{
    for (size_t i = 0; i < guests->n && has_socket(record); i++) {
        if (str_eq(guests->sessions[i]->path, record->qmp)) {
            return guests->sessions[i];
        }
    }
    return NULL;
}

bool guests_is_ready(const struct guests *guests, const struct vif_record *record)
{
    const struct session *session = find(guests, record);

    return session && session->ready && relink_is_of(session->relink, record);
}

/* Whether the socket is in our folder, where its name is an interface's as long as that has a
 * record. */
static bool is_own_socket(const struct guests *guests, const char *path)
{
    struct vif_records *records;
    bool own = false;

    if (vif_records_open(guests->rundir, &records, NULL) == 0) {
        own = vif_records_have_socket(records, path);
        vif_records_close(records);
    }
    return own;
}

void guests_add(struct guests *guests, const struct vif_record *record)
{
    struct session *session = find(guests, record);

    if (!has_socket(record)) {
        return;
    }
    if (!session) {
        session = mem_zalloc(sizeof *session);
        session->path = str_dup(record->qmp);
        session->relink = relink_open(record->qmp);
        if (is_own_socket(guests, record->qmp)) {
            relink_trust_path(session->relink);
        }
        guests->sessions = mem_resize(guests->sessions, guests->n + 1, sizeof(struct session *));
        guests->sessions[guests->n++] = session;
    }
    session->n_users++;
    if (record->port.follows_mac) {
        relink_follow_mac(session->relink, record);
    }
}

void guests_remove(struct guests *guests, const struct vif_record *record)
{
    struct session *session = find(guests, record);

    jobs_forget(guests->jobs, record);
    if (!session) {
        return;
    }
    relink_forget(session->relink, record->port.name);
    if (--session->n_users == 0) {
        for (size_t i = 0; i < guests->n; i++) {
            if (guests->sessions[i] == session) {
                guests->sessions[i] = guests->sessions[--guests->n];
            }
        }
        free_session(session);
    }
}

void guests_unplugged(struct guests *guests, const struct vif_record *record)
{
    if (record->of_libvirt) {
        jobs_unplugged(guests->jobs, record);
    }
}

void guests_set_link(struct guests *guests, const struct vif_record *record, bool up)
{
    struct session *session = find(guests, record);

    if (session) {
        relink_set_link(session->relink, record, up);
    } else if (guests_can_reach(record)) {
        jobs_set_link(guests->jobs, record, up);
    }
}

void guests_backend_gone(struct guests *guests, const struct vif_record *record)
{
    struct session *session = find(guests, record);

    if (session) {
        relink_backend_gone(session->relink, record);
    } else if (guests_can_reach(record)) {
        jobs_set_link(guests->jobs, record, false);
    }
}

void guests_replace(struct guests *guests, const struct vif_record *record, const int *fds,
                    size_t n_fds)
{
    struct session *session = find(guests, record);

    if (session) {
        relink_replace(session->relink, record, fds, n_fds);
    } else if (guests_can_reach(record)) {
        jobs_replace(guests->jobs, record);
    }
}

const char *guests_obstacle(const struct guests *guests, const struct vif_record *record)
{
    const struct session *session = find(guests, record);

    return session ? relink_obstacle(session->relink, record->port.name) : NULL;
}

void guests_unplug(struct guests *guests, const struct vif_record *record)
{
    jobs_unplug(guests->jobs, record);
}

static void translate(struct session *session, const struct relink_event *from,
                      struct guest_event *to)
{
    *to = (struct guest_event){.socket = session->path, .why = from->why, .mac = from->mac};
    switch (from->kind) {
    case RELINK_READY:
        session->ready = true;
        to->kind = GUEST_READY;
        return;
    case RELINK_LOST:
        session->ready = false;
        to->kind = GUEST_LOST;
        return;
    case RELINK_CONNECTED:
        to->kind = GUEST_CONNECTED;
        break;
    case RELINK_FAILED:
        to->kind = GUEST_FAILED;
        break;
    case RELINK_STUCK:
        to->kind = GUEST_STUCK;
        break;
    case RELINK_MAC:
        to->kind = GUEST_MAC;
        break;
    }
    str_copy(to->name, sizeof to->name, from->name);
}

bool guests_next(struct guests *guests, struct guest_event *event)
{
    struct relink_event happened;

    for (size_t i = 0; i < guests->n; i++) {
        if (relink_next(guests->sessions[i]->relink, &happened)) {
            translate(guests->sessions[i], &happened, event);
            return true;
        }
    }
    return jobs_next(guests->jobs, event);
}

void guests_wait(const struct guests *guests)
{
    for (size_t i = 0; i < guests->n; i++) {
        const struct relink *relink = guests->sessions[i]->relink;
        int64_t deadline = relink_deadline(relink);
        int fd = relink_fd(relink);

        if (fd >= 0) {
            ovs_loop_fd(fd, relink_poll_events(relink));
        }
        if (deadline != INT64_MAX) {
            ovs_loop_until(deadline);
        }
    }
    jobs_wait(guests->jobs);
}
