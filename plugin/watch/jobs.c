#include "watch/jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/mem.h"
#include "libvirt/relink.h"
#include "ovs/loop.h"

/* libvirtd does not get faster by being asked more at once. */
#define MAX_AT_ONCE 4

/* How long they are waited for at the end: longer than libvirt waits for a guest. */
#define END_MS 15000

struct job {
    struct vif_record record; /* as much of it as libvirt_relink_*() need */
    enum { LINK_AS_IT_IS, LINK_WANTED_DOWN, LINK_WANTED_UP } link;
    bool replace;

    /* What is under way. */
    pid_t pid; /* 0: nothing */
    int pidfd;
    int sentence_fd;
    bool replaces;
    bool forgotten;
};

struct jobs {
    const char *rundir;
    struct job **list;
    size_t n;
    size_t n_running;
    char *why; /* of the last event */
};

struct jobs *jobs_new(const char *rundir)
{
    struct jobs *jobs = mem_zalloc(sizeof *jobs);

    jobs->rundir = rundir;
    return jobs;
}

static void free_job(struct job *job)
{
    if (job->pid) {
        close(job->pidfd);
        close(job->sentence_fd);
    }
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
        struct job *job = jobs->list[i];

        if (job->pid) {
            struct pollfd ended = {.fd = job->pidfd, .events = POLLIN};
            int64_t left = end - ovs_loop_now();

            if (poll(&ended, 1, left > 0 ? (int)left : 0) <= 0) {
                kill(job->pid, SIGKILL);
            }
            waitpid(job->pid, NULL, 0);
        }
        free_job(job);
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

void jobs_forget(struct jobs *jobs, const struct vif_record *record)
{
    struct job *job = find(jobs, record->port.name);

    if (job) {
        job->forgotten = true;
        job->replace = false;
        job->link = LINK_AS_IT_IS;
    }
}

void jobs_unplugged(const struct jobs *jobs, const struct vif_record *record)
{
    libvirt_relink_forget(record, jobs->rundir);
}

static int begin(const struct jobs *jobs, struct job *job, char **errorp)
{
    int error;

    job->replaces = job->replace;
    if (job->replace) {
        job->replace = false;
        error = libvirt_relink_replace(&job->record, jobs->rundir, &job->pid, &job->sentence_fd,
                                       errorp);
    } else {
        bool up = job->link == LINK_WANTED_UP;

        job->link = LINK_AS_IT_IS;
        error = libvirt_relink_set_link(&job->record, up, &job->pid, &job->sentence_fd, errorp);
    }
    if (!error) {
        /* It has not been waited for, so that this fails only where there are no descriptors. */
        job->pidfd = (int)syscall(SYS_pidfd_open, job->pid, 0);
    }
    return error;
}

/* What the process had to say, when it has ended; NULL if it has done its work. */
static char *take_sentence(struct job *job)
{
    char text[4096];
    int status = 0;
    ssize_t length = read(job->sentence_fd, text, sizeof text - 1);

    waitpid(job->pid, &status, 0);
    close(job->pidfd);
    close(job->sentence_fd);
    job->pid = 0;
    if (length > 0) {
        text[length] = '\0';
        return str_dup(text);
    }
    return status ? str_dup("the process that spoke to libvirt was killed") : NULL;
}

static bool has_ended(const struct job *job)
{
    struct pollfd ended = {.fd = job->pidfd, .events = POLLIN};

    return poll(&ended, 1, 0) > 0;
}

/* Fills the event of what a job came to; returns whether there is something to tell. What came of a
 * card whose macvtap was made anew meanwhile says nothing of the one that is to be given next. */
static bool tell(struct jobs *jobs, const struct job *job, char *why, struct guest_event *event)
{
    free(jobs->why);
    jobs->why = why;
    if (job->forgotten || job->replace || (!why && !job->replaces)) {
        return false;
    }
    *event = (struct guest_event){
        .kind = !why            ? GUEST_CONNECTED
                : job->replaces ? GUEST_FAILED
                                : GUEST_UNTOLD,
        .why = why,
    };
    str_copy(event->name, sizeof event->name, job->record.port.name);
    return true;
}

/* Goes on with one job; returns whether there is something to tell. */
static bool go_on(struct jobs *jobs, struct job *job, struct guest_event *event)
{
    if (job->pid && has_ended(job)) {
        jobs->n_running--;
        return tell(jobs, job, take_sentence(job), event);
    }
    if (!job->pid && (job->replace || job->link) && jobs->n_running < MAX_AT_ONCE) {
        char *why = NULL;

        if (begin(jobs, job, &why)) {
            job->pid = 0;
            return tell(jobs, job, why ? why : str_dup("no process for it"), event);
        }
        jobs->n_running++;
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
        if (!job->pid && !job->replace && !job->link) {
            remove_at(jobs, i--);
        }
    }
    return false;
}

void jobs_wait(const struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++) {
        if (jobs->list[i]->pid) {
            ovs_loop_fd(jobs->list[i]->pidfd, POLLIN);
        }
    }
}
