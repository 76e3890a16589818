/* Drafts of interfaces on a network; beside support/vif.h. */
#ifndef SUPPORT_DRAFT_NETWORK_H
#define SUPPORT_DRAFT_NETWORK_H

#include <stdlib.h>
#include <unistd.h>

#include "support/vif.h"

#define NET(parts) "<network><name>n</name>" parts "</network>"

/* Networks in a file each, read. */
static struct vif_networks *read_network(const char *xml)
{
    char file[] = "/tmp/vifplug-plan.XXXXXX";
    const char *files[] = {file};
    struct vif_networks *networks;
    char *error = NULL;
    int fd = mkstemp(file);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, xml, strlen(xml)), strlen(xml));
    close(fd);
    check_ok(vif_networks_new(files, 1, NULL, 0, &networks, &error), &error);
    assert_int_equal(unlink(file), 0);
    return networks;
}

#define ON_NETWORK "<interface type='network'><source network='n'/></interface>"

/* Drafts an interface on the network. */
static struct vif_plan drafted_on(const char *xml)
{
    struct draft_context context = {.networks = read_network(xml)};
    struct vif_plan plan;
    char *error = NULL;

    check_ok(draft_with(&context, ON_NETWORK, &plan, &error), &error);
    vif_networks_free(context.networks);
    return plan;
}

#endif
