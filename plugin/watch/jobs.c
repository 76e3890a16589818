#include "watch/jobs.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/mem.h"
#include "libvirt/relink.h"
#include "ovs/loop.h"
#include "watch/unplug.h"

/* libvirtd does not get faster by being asked more at once. */
#define MAX_AT_ONCE 4

/* How long they are waited for at the end: longer than libvirt waits for a guest. */
#define END_MS 15000

struct job {
    struct vif_record record; /* as much of it as libvirt_relink_*() need */
    enum { LINK_AS_IT_IS, LINK_WANTED_DOWN, LINK_WANTED_UP } link;
    bool replace;
    bool unplug;

    struct child child; /* what is under way */
    enum { SETS_LINK, REPLACES, UNPLUGS } what;
    bool forgotten;
};

struct jobs {
    struct vif_host *host;
    const char *rundir;
    struct job **list;
    size_t n;
    size_t n_running; /* of those that speak to libvirt */
    char *why;        /* of the last event */
};

struct jobs *jobs_new(struct vif_host *host, const char *rundir)
{
    struct jobs *jobs = mem_zalloc(sizeof *jobs);

    jobs->host = host;
    jobs->rundir = rundir;
    return jobs;
}

static void free_job(struct job *job)
{
    vif_record_clear(&job->record);
    free(job);
}

static void remove_at(struct jobs *jobs, size_t i)
{
    free_job(jobs->list[i]);
    jobs->list[i] = jobs->list[--jobs->n];
}

void jobs_free(struct jobs *jobs)
{
    int64_t end = ovs_loop_now() + END_MS;

    for (size_t i = 0; i < jobs->n; i++) {
        child_end(&jobs->list[i]->child, end);
        free_job(jobs->list[i]);
    }
    free(jobs->list);
    free(jobs->why);
    free(jobs);
}

static struct job *find(struct jobs *jobs, const char *name)
{
    for (size_t i = 0; i < jobs->n; i++) {
        if (!jobs->list[i]->forgotten && str_eq(jobs->list[i]->record.port.name, name)) {
            return jobs->list[i];
        }
    }
    return NULL;
}

/* The job of an interface, with the record as it is now. */
static struct job *job_of(struct jobs *jobs, const struct vif_record *record)
{
    struct job *job = find(jobs, record->port.name);

    if (!job) {
        job = mem_zalloc(sizeof *job);
        jobs->list = mem_resize(jobs->list, jobs->n + 1, sizeof(struct job *));
        jobs->list[jobs->n++] = job;
    }
    vif_record_clear(&job->record);
    vif_port_copy(&job->record.port, &record->port);
    memcpy(job->record.plug_id, record->plug_id, sizeof record->plug_id);
    job->record.ifindex = record->ifindex;
    job->record.of_libvirt = record->of_libvirt;
    return job;
}

void jobs_set_link(struct jobs *jobs, const struct vif_record *record, bool up)
{
    job_of(jobs, record)->link = up ? LINK_WANTED_UP : LINK_WANTED_DOWN;
}

void jobs_replace(struct jobs *jobs, const struct vif_record *record)
{
    struct job *job = job_of(jobs, record);

    job->replace = true;
    job->link = LINK_AS_IT_IS; /* the card comes with the state that it is to have */
}

void jobs_unplug(struct jobs *jobs, const struct vif_record *record)
{
    job_of(jobs, record)->unplug = true;
}

void jobs_forget(struct jobs *jobs, const struct vif_record *record)
{
    struct job *job = find(jobs, record->port.name);

    if (job) {
        job->forgotten = true;
        job->replace = false;
        job->unplug = false;
        job->link = LINK_AS_IT_IS;
    }
}

void jobs_unplugged(const struct jobs *jobs, const struct vif_record *record)
{
    libvirt_relink_forget(record, jobs->rundir);
}

static int begin(const struct jobs *jobs, struct job *job, char **errorp)
{
    if (job->replace) {
        job->what = REPLACES;
        job->replace = false;
        return libvirt_relink_replace(&job->record, jobs->rundir, &job->child, errorp);
    }
    if (job->link) {
        bool up = job->link == LINK_WANTED_UP;

        job->what = SETS_LINK;
        job->link = LINK_AS_IT_IS;
        return libvirt_relink_set_link(&job->record, up, &job->child, errorp);
    }
    job->what = UNPLUGS;
    job->unplug = false;
    return unplug_start(jobs->host, &job->record, 1, &job->child, errorp);
}

static bool is_for_libvirt(const struct job *job)
{
    return job->replace || job->link;
}

static bool can_begin(const struct jobs *jobs, const struct job *job)
{
    return is_for_libvirt(job) ? jobs->n_running < MAX_AT_ONCE : job->unplug;
}

/* What the process had to say, when it has ended; NULL if it has done its work. */
static char *take_sentence(struct job *job)
{
    char *text;

    if (child_take(&job->child, &text)) {
        free(text);
        return NULL;
    }
    return text ? text
                : str_dup(job->what == UNPLUGS ? "the process that unplugged it was killed"
                                               : "the process that spoke to libvirt was killed");
}

/* Fills the event of what a job came to; returns whether there is something to tell. What came of a
 * card whose macvtap was made anew meanwhile says nothing of the one that is to be given next. */
static bool tell(struct jobs *jobs, const struct job *job, char *why, struct guest_event *event)
{
    free(jobs->why);
    jobs->why = why;
    if (job->forgotten || job->replace || (!why && job->what != REPLACES)) {
        return false;
    }
    *event = (struct guest_event){
        .kind = !why                    ? GUEST_CONNECTED
                : job->what == REPLACES ? GUEST_FAILED
                : job->what == UNPLUGS  ? GUEST_STAYS
                                        : GUEST_UNTOLD,
        .why = why,
    };
    str_copy(event->name, sizeof event->name, job->record.port.name);
    return true;
}

/* Goes on with one job; returns whether there is something to tell. */
static bool go_on(struct jobs *jobs, struct job *job, struct guest_event *event)
{
    if (job->child.pid && child_has_ended(&job->child)) {
        jobs->n_running -= job->what != UNPLUGS;
        return tell(jobs, job, take_sentence(job), event);
    }
    if (!job->child.pid && can_begin(jobs, job)) {
        char *why = NULL;

        if (begin(jobs, job, &why)) {
            return tell(jobs, job, why ? why : str_dup("no process for it"), event);
        }
        jobs->n_running += job->what != UNPLUGS;
    }
    return false;
}

bool jobs_next(struct jobs *jobs, struct guest_event *event)
{
    for (size_t i = 0; i < jobs->n; i++) {
        struct job *job = jobs->list[i];

        if (go_on(jobs, job, event)) {
            return true;
        }
        if (!job->child.pid && !is_for_libvirt(job) && !job->unplug) {
            remove_at(jobs, i--);
        }
    }
    return false;
}

void jobs_wait(const struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++) {
        if (jobs->list[i]->child.pid) {
            ovs_loop_fd(jobs->list[i]->child.pidfd, POLLIN);
        }
    }
}
