/* vif/network.h: what a <network> is read as, finding one by name, and what an interface on it
 * becomes. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/describe.h"
#include "vif/document.h"
#include "vif/network.h"

#define NET(parts)      "<network><name>n</name>" parts "</network>"
#define OVS(parts)      NET("<forward mode='bridge'/><bridge name='br0'/>" parts)
#define OWN(parts)      "<metadata xmlns:v='urn:vifplug:1'>" parts "</metadata>"
#define IFACE(parts)    "<interface type='network'><source network='n'/>" parts "</interface>"
#define VPORT(parts)    "<virtualport type='openvswitch'>" parts "</virtualport>"
#define UUID_A          "01234567-89ab-cdef-0123-456789abcdea"
#define UUID_B          "01234567-89ab-cdef-0123-456789abcdeb"
#define INTERFACEID(id) "<parameters interfaceid='" id "'/>"

static void parse(const char *text, struct vif_document *document)
{
    char *error = NULL;

    check_ok(vif_document_parse("test", text, strlen(text), document, &error), &error);
}

static const struct {
    const char *xml;
    const char *line;
} accepted[] = {
    {NET(""), "network 'n'"},
    {"<network><name>\n a b </name></network>", "network 'a b'"},
    {NET("<uuid>01234567-89AB-cdef-0123-456789abcdea</uuid>"), "uuid '" UUID_A "'"},
    {NET("<forward/><bridge name='virbr0'/>"), "forward 'nat'\nbridge 'virbr0'"},
    {NET("<forward mode='vepa' dev='eth0'/>"), "forward 'vepa'\nlower 'eth0'\nmtu"},
    {NET("<forward mode='vepa' dev='eth0'><interface dev='eth0'/><interface "
         "dev='eth1'/></forward>"),
     "forward 'vepa'\nlower 'eth0'\nlower 'eth1'\nmtu"},
    {NET("<forward mode='private'><interface dev='eth1'/><interface dev='eth0'/></forward>"),
     "lower 'eth1'\nlower 'eth0'\n"},
    {NET("<forward mode='hostdev'><pf dev='eth0'/></forward>"), "forward 'hostdev'"},
    {NET("<mtu size='9000'/><port isolated='yes'/>"), "mtu 9000 isolated 1 trust 0"},
    {NET("<metadata><v:alternative xmlns:v='urn:vifplug:1' dev='eth0' mode='auto' prefer='yes'/>"
         "<app:x xmlns:app='urn:other'/></metadata><forward mode='bridge'/><bridge name='br0'/>"),
     "alternative 'eth0'\nalternative mode 'auto'\npreferred 1"},
    {OVS("<metadata><alternative xmlns='urn:vifplug:1' dev='eth0'/></metadata>"),
     "alternative 'eth0'\npreferred 0"},
    {OVS("<metadata><alternative dev='eth0'/></metadata>"), "mtu 0"},
    {OVS(OWN("<v:reconnect strategy='none'/><v:alternative dev='eth0'/>")),
     "preferred 0\nreconnect 'none'\nmtu"},
    {NET(OWN("<v:reconnect find='pool'/>")), "find 'pool'\nmtu"},
    {NET("<forward mode='passthrough'><pf dev='eth0'/></forward>"), "pf 'eth0'"},
    {NET("<extbridge mode='vepa' dev='eth0'/>"), "extbridge 'eth0'\nextbridge mode 'vepa'"},
    {NET("<extbridge dev='eth0'/><forward mode='x' dev=''/><bridge name=''/><mtu size='y'/>"),
     "network 'n'\nextbridge 'eth0'\nignored '<forward>, <bridge>, <mtu>'\nmtu 0"},
    {NET("<extbridge dev='eth0'/><virtualport/>"), "virtualport 0"},
    {OVS("<portgroup name='a' default='yes'><vlan><tag id='5'/></vlan></portgroup>"),
     "portgroup 'a'\ndefault 1 trust 0\nvlan trunk 0: 5/0"},
    {OVS("<portgroup name='a' trustGuestRxFilters='yes'/>"), "default 0 trust 1"},
};

static void networks_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct vif_document document;

        parse(accepted[i].xml, &document);

        auto_free char *text = describe_document(&document);

        if (!strstr(text, accepted[i].line)) {
            print_error("%s:\nno \"%s\" in\n%s\n", accepted[i].xml, accepted[i].line, text);
            fail();
        }
        assert_string_equal(document.network.file, "test");
        vif_document_clear(&document);
    }
}

static const struct {
    const char *xml;
    const char *sentence;
} refused[] = {
    {"<network/>", "test: <network> lacks its <name>"},
    {"<network><name> </name></network>", "lacks its <name>"},
    {"<network><name>a/b</name></network>", "<name>a/b</name>: '/'"},
    {NET("<uuid>n</uuid>"), "test: network \"n\": <uuid>n</uuid> is not a UUID"},
    {NET("<forward mode='nats'/>"), "unknown <forward mode='nats'>"},
    {NET("<forward mode='vepa'><interface/></forward>"), "lacks its dev"},
    {NET("<forward mode='vepa' dev='eth0'><interface dev='eth1'/></forward>"),
     "<forward dev='eth0'> is not the first <interface dev='eth1'>"},
    {NET("<forward mode='vepa'><interface dev='e'/><interface dev='e'/></forward>"), "'e'> twice"},
    {NET("<forward mode='vepa' dev='e'><interface dev='e'/><interface dev='e'/></forward>"),
     "'e'> twice"},
    {NET("<forward mode='vepa'/><bridge name='b'/>"), "does not go with <forward mode='vepa'>"},
    {NET("<forward mode='bridge' dev='e'/><bridge name='b'/>"), "has both <bridge name='b'>"},
    {OVS("<mtu size='9000'/>"), "<mtu> does not go with <forward mode='bridge'>"},
    {NET("<mtu size='x'/>"), "<mtu size='x'> is not a number"},
    {NET("<port isolated='x'/>"), "<port isolated='x'>"},
    {NET("<vlan/>"), "<vlan> has no <tag id=''/>"},
    {NET("<virtualport/>"), "<virtualport> lacks its type"},
    {NET("<portgroup/>"), "<portgroup> lacks its name"},
    {NET("<portgroup name='a' default='x'/>"), "portgroup \"a\": <portgroup default='x'>"},
    {NET("<portgroup name='a'><vlan><tag id='4096'/></vlan></portgroup>"),
     "network \"n\": portgroup \"a\": <tag id='4096'>"},
    {NET("<portgroup name='a'><bandwidth><inbound floor='1'/></bandwidth></portgroup>"), "floor"},
    {NET("<portgroup name='a'/><portgroup name='a'/>"), "portgroup \"a\": there are two"},
    {NET("<portgroup name='a' default='yes'/><portgroup name='b' default='yes'/>"),
     "portgroup \"b\": portgroup \"a\" is the default already"},
    {NET("<extbridge mode='vepa'/>"), "<extbridge> lacks its dev"},
    {OVS(OWN("<v:alternative/>")), "<alternative> of urn:vifplug:1 lacks its dev"},
    {OVS(OWN("<v:alternative dev=''/>")), "dev=''> is empty"},
    {OVS(OWN("<v:alternative dev='e' mode='x'/>")), "<alternative mode='x'>: must be one of vepa"},
    {OVS(OWN("<v:alternative dev='e' prefer='maybe'/>")), "prefer='maybe'>: must be 'yes' or 'no'"},
    {OVS(OWN("<v:alternative dev='e' modus='x'/>")), "no attribute 'modus'; it has dev, mode and"},
    {OVS(OWN("<v:alternative dev='e' v:mode='vepa'/>")), "no attribute 'mode'"},
    {OVS(OWN("<v:alternative dev='e'><x/></v:alternative>")), "has no <x>; it is empty"},
    {OVS(OWN("<v:alternative dev='e'>x</v:alternative>")), "holds text; it is empty"},
    {OVS(OWN("<v:alternative dev='e'/><v:alternative dev='f'/>")), "more than one <alternative>"},
    {OVS(OWN("<v:alternativ dev='e'/>")), "<alternativ> is unknown in urn:vifplug:1"},
    {NET(OWN("<v:reconnect strategy='x'/>")),
     "network \"n\": <reconnect strategy='x'>: must be one"},
    {NET(OWN("<v:reconnect dev='x'/>")), "no attribute 'dev'; it has strategy and find"},
    {NET(OWN("<v:reconnect/><v:reconnect/>")), "there is more than one <reconnect>"},
    {NET(OWN("<v:alternative dev='e'/>") "<forward mode='vepa' dev='eth0'/>"),
     "<alternative> goes with <forward mode='bridge'> and a <bridge name=''>"},
    {NET(OWN("<v:alternative dev='e'/>") "<forward mode='nat'/><bridge name='virbr0'/>"),
     "<alternative> goes with"},
    {NET(OWN("<v:alternative dev='e'/>") "<extbridge dev='eth0'/>"), "<alternative> goes with"},
    {NET("<extbridge dev='e' mode='x'/>"), "<extbridge mode='x'>"},
};

static void what_is_wrong_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct vif_document document;
        char *error = NULL;
        int result = vif_document_parse("test", refused[i].xml, strlen(refused[i].xml), &document,
                                        &error);

        if (!result) {
            print_error("accepted: %s\n", refused[i].xml);
        }
        check_error(result, -EINVAL, &error, refused[i].sentence);
    }
}

/* What an interface becomes: lines of describe_document(). */
static const struct {
    const char *network;
    const char *interface;
    const char *line;
} resolved[] = {
    /* Types. */
    {OVS(""), IFACE(""), "interface 0\ntype 'bridge'\nbridge 'br0'\n"},
    {NET("<bridge name='b'/>"), IFACE(""), "type 'bridge'\nbridge 'b'\n"},
    {NET("<forward/><bridge name='b'/>"), IFACE(""), "type 'bridge'\nbridge 'b'\n"},
    {NET("<forward mode='route'/><bridge name='b'/>"), IFACE(""), "bridge 'b'\n"},
    {NET("<forward mode='open'/><bridge name='b'/>"), IFACE(""), "bridge 'b'\n"},
    {NET("<forward mode='vepa' dev='eth0'/>"), IFACE(""),
     "interface 2\ntype 'direct'\nnetwork 'n'\ndev 'eth0'\nmode 'vepa'\n"},
    {NET("<forward mode='private' dev='eth0'/>"), IFACE(""), "dev 'eth0'\nmode 'private'\n"},
    {NET("<forward mode='passthrough' dev='eth0'/>"), IFACE(""), "mode 'passthrough'\n"},
    {NET("<forward mode='bridge'><interface dev='eth0'/></forward>"), IFACE(""),
     "type 'direct'\nnetwork 'n'\ndev 'eth0'\nmode 'bridge'\n"},
    {NET("<forward mode='vepa'><interface dev='eth0'/><interface dev='eth1'/></forward>"),
     IFACE(""), "type 'direct'\nnetwork 'n'\nmode 'vepa'\n"},
    {NET("<extbridge mode='private' dev='eth0'/><forward mode='bridge'/><bridge name='b'/>"),
     IFACE(""), "type 'direct'\nnetwork 'n'\ndev 'eth0'\nmode 'private'\n"},
    {NET("<extbridge dev='eth0'/>"), IFACE(""), "type 'direct'\nnetwork 'n'\ndev 'eth0'\nmanaged"},

    /* VLAN: interface, portgroup, network. */
    {OVS("<vlan><tag id='1'/></vlan>"), IFACE(""), "vlan trunk 0: 1/0\n"},
    {OVS("<vlan><tag id='1'/></vlan><portgroup name='p' default='yes'><vlan><tag id='2'/><tag "
         "id='3'/></vlan></portgroup>"),
     IFACE(""), "vlan trunk 1: 2/0 3/0\n"},
    {OVS("<vlan><tag id='1'/></vlan><portgroup name='p' default='yes'><vlan><tag id='2'/></vlan>"
         "</portgroup>"),
     IFACE("<vlan><tag id='4'/></vlan>"), "vlan trunk 0: 4/0\n"},
    {OVS("<portgroup name='p'><vlan><tag id='2'/></vlan></portgroup><portgroup name='q' "
         "default='yes'><vlan><tag id='3'/></vlan></portgroup>"),
     "<interface type='network'><source network='n' portgroup='p'/></interface>",
     "vlan trunk 0: 2/0\n"},
    {NET("<extbridge dev='eth0'/><vlan><tag id='1'/></vlan>"), IFACE(""), "vlan trunk 0: 1/0\n"},

    /* The rest. */
    {OVS("<portgroup name='p' default='yes'><bandwidth><inbound average='1'/></bandwidth>"
         "</portgroup>"),
     IFACE(""), "inbound 1 0 0 0\n"},
    {OVS("<portgroup name='p' default='yes'><bandwidth><inbound average='1'/></bandwidth>"
         "</portgroup>"),
     IFACE("<bandwidth><outbound average='2'/></bandwidth>"), "inbound 0 0 0 0\noutbound 2 0 0 0"},
    {NET("<bridge name='b'/><bandwidth><inbound average='9'/></bandwidth>"),
     IFACE("<bandwidth><inbound floor='3'/></bandwidth>"), "inbound 0 0 0 3\n"},
    {OVS("<port isolated='yes'/>"), IFACE(""), " isolated 1 "},
    {OVS("<port isolated='yes'/>"), IFACE("<port isolated='no'/>"), " isolated 2 "},
    {"<network trustGuestRxFilters='yes'><name>n</name><bridge name='b'/></network>", IFACE(""),
     " trust 1\n"},
    {"<network trustGuestRxFilters='yes'><name>n</name><bridge name='b'/><portgroup name='p' "
     "default='yes' trustGuestRxFilters='no'/></network>",
     IFACE(""), " trust 2\n"},
    {NET("<bridge name='b'/><mtu size='9000'/>"), IFACE(""), " mtu 9000 "},
    {NET("<bridge name='b'/><mtu size='9000'/>"), IFACE("<mtu size='1400'/>"), " mtu 1400 "},

    {OVS(OWN("<v:reconnect strategy='hub' find='mac'/>")), IFACE(""),
     "reconnect 'hub'\nfind 'mac'\n"},
    {OVS(OWN("<v:reconnect strategy='hub' find='mac'/>")),
     IFACE("<v:reconnect xmlns:v='urn:vifplug:1' strategy='none'/>"),
     "reconnect 'none'\nfind 'mac'\n"},

    /* Virtualports are merged. */
    {OVS(VPORT("<parameters profileid='x'/>")),
     IFACE("<virtualport>" INTERFACEID(UUID_A) "</virtualport>"),
     "virtualport type 'openvswitch'\ninterfaceid '" UUID_A "'\nprofileid 'x'\n"},
    {OVS(VPORT("<parameters profileid='x'/>")), IFACE(VPORT("<parameters profileid='x'/>")),
     "profileid 'x'\n"},
    {OVS("<portgroup name='p' default='yes'>" VPORT("<parameters profileid='x'/>") "</portgroup>"),
     IFACE(""), "virtualport type 'openvswitch'\nprofileid 'x'\n"},
    {NET("<forward mode='vepa' dev='e'/><virtualport type='802.1Qbg'><parameters managerid='1' "
         "typeid='2'/></virtualport>"),
     IFACE("<virtualport><parameters typeidversion='3'/></virtualport>"),
     "virtualport type '802.1Qbg'\nmanagerid '1'\ntypeid '2'\ntypeidversion '3'\n"},
};

static void interfaces_become_what_the_network_is_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(resolved); i++) {
        struct vif_document network;
        struct vif_document interface;
        struct vif_document actual;
        char *error = NULL;

        parse(resolved[i].network, &network);
        parse(resolved[i].interface, &interface);
        actual = (struct vif_document){.n_specs = 1, .specs = mem_zalloc(sizeof *actual.specs)};
        check_ok(
            vif_network_resolve(&network.network, &interface.specs[0], &actual.specs[0], &error),
            &error);

        auto_free char *text = describe_document(&actual);

        if (!strstr(text, resolved[i].line)) {
            print_error("%s\n%s:\nno \"%s\" in\n%s\n", resolved[i].network, resolved[i].interface,
                        resolved[i].line, text);
            fail();
        }
        vif_document_clear(&network);
        vif_document_clear(&interface);
        vif_document_clear(&actual);
    }
}

static const struct {
    const char *network;
    const char *interface;
    int error;
    const char *sentence;
} unresolved[] = {
    {OVS("<portgroup name='p'/><portgroup name='q'/>"),
     "<interface type='network'><source network='n' portgroup='r'/></interface>", -ENOENT,
     "network \"n\" has no portgroup \"r\"; portgroups: p, q"},
    {OVS(""), "<interface type='network'><source network='n' portgroup='r'/></interface>", -ENOENT,
     "portgroups: none"},
    {NET("<forward mode='hostdev'><pf dev='eth0'/></forward>"), IFACE(""), -EINVAL,
     "network \"n\" passes PCI devices to guests"},
    {NET("<forward mode='vepa'/>"), IFACE(""), -EINVAL, "neither a bridge nor a device"},
    {NET("<forward mode='bridge'/>"), IFACE(""), -EINVAL, "neither a bridge nor a device"},
    {NET("<forward/>"), IFACE(""), -EINVAL, "network \"n\" lacks its <bridge name=''>"},
    {OVS(VPORT("")), IFACE("<virtualport type='midonet'/>"), -EINVAL,
     "<virtualport type='midonet'> contradicts type='openvswitch' of network \"n\""},
    {OVS(VPORT(INTERFACEID(UUID_A))), IFACE(VPORT(INTERFACEID(UUID_B))), -EINVAL,
     "<virtualport> has interfaceid '" UUID_B "', and network \"n\" has '" UUID_A "'"},
    {OVS("<portgroup name='p' default='yes'>" VPORT("<parameters profileid='x'/>") "</portgroup>"),
     IFACE(VPORT("<parameters profileid='y'/>")), -EINVAL,
     "has profileid 'y', and portgroup \"p\" of network \"n\" has 'x'"},
    {OVS(VPORT("<parameters profileid='x'/>") "<portgroup name='p' default='yes'>" VPORT(
         "<parameters profileid='y'/>") "</portgroup>"),
     IFACE(""), -EINVAL, "has profileid 'x', and portgroup \"p\""},
    {NET("<bridge name='b'/>"), IFACE(VPORT("")), -EINVAL, "which is routed by libvirt"},
    {OVS(""), IFACE("<virtualport type='802.1Qbh'><parameters profileid='x'/></virtualport>"),
     -EINVAL, "which uses a bridge"},
    {NET("<forward mode='vepa' dev='e'/>"), IFACE(VPORT("")), -EINVAL, "which uses macvtap"},
    {NET("<forward mode='vepa' dev='e'/>"), IFACE("<virtualport type='802.1Qbh'/>"), -EINVAL,
     "lacks its parameter \"profileid\""},
    {NET("<forward mode='vepa' dev='e'/>"), IFACE("<port isolated='yes'/>"), -EINVAL, "isolated"},
    {OVS(""), IFACE("<bandwidth><inbound floor='3'/></bandwidth>"), -EINVAL, "floor"},
};

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unresolved); i++) {
        struct vif_document network;
        struct vif_document interface;
        struct vif_spec actual;
        char *error = NULL;

        parse(unresolved[i].network, &network);
        parse(unresolved[i].interface, &interface);
        check_error(vif_network_resolve(&network.network, &interface.specs[0], &actual, &error),
                    unresolved[i].error, &error, unresolved[i].sentence);
        vif_document_clear(&network);
        vif_document_clear(&interface);
    }
}

static char folder[] = "/tmp/vifplug-network-XXXXXX";
static const char *const folders[] = {"first", "second", "third"};

static void write_file(const char *file, const char *text)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static int make_folders(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("first", 0700) < 0 ||
        mkdir("second", 0700) < 0) {
        return -1;
    }
    write_file("named.xml", "<network><name>red</name><bridge name='named'/></network>");
    write_file("again.xml", "<network><name>red</name></network>");
    write_file("interface.xml", "<interface/>");
    write_file("first/red.xml", "<network><name>red</name><bridge name='first'/></network>");
    write_file("first/blue.xml", "<network><name>blue</name><bridge name='first'/></network>");
    write_file("second/blue.xml", "<network><name>blue</name><bridge name='second'/></network>");
    write_file("second/green.xml", "<network><name>green</name><bridge name='second'/></network>");
    write_file("second/wrong.xml", "<network><name>right</name></network>");
    write_file("second/broken.xml", "<network>");
    write_file("second/domain.xml", "<domain/>");
    write_file("second/notes.txt", "");
    return 0;
}

static int remove_folders(void **state)
{
    static const char *const files[] = {
        "named.xml",         "again.xml",         "interface.xml",    "first/red.xml",
        "first/blue.xml",    "second/blue.xml",   "second/green.xml", "second/wrong.xml",
        "second/broken.xml", "second/domain.xml", "second/notes.txt",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        unlink(files[i]);
    }
    return rmdir("first") < 0 || rmdir("second") < 0 || chdir("/") < 0 ? -1 : rmdir(folder);
}

static void check_bridge(struct vif_networks *networks, const char *name, const char *bridge)
{
    const struct vif_network *network;
    char *error = NULL;

    check_ok(vif_networks_find(networks, name, &network, &error), &error);
    assert_string_equal(network->name, name);
    assert_string_equal(network->bridge, bridge);
}

static void networks_are_found_in_order(void **state)
{
    const char *const files[] = {"named.xml"};
    struct vif_networks *networks;
    const struct vif_network *first;
    const struct vif_network *second;
    char *error = NULL;

    (void)state;
    check_ok(vif_networks_new(files, 1, folders, 3, &networks, &error), &error);
    check_bridge(networks, "red", "named");
    check_bridge(networks, "blue", "first");
    check_bridge(networks, "green", "second");
    /* What was lent stays where it is. */
    check_ok(vif_networks_find(networks, "blue", &first, &error), &error);
    check_ok(vif_networks_find(networks, "green", &second, &error), &error);
    check_ok(vif_networks_find(networks, "blue", &second, &error), &error);
    assert_ptr_equal(first, second);
    vif_networks_free(networks);
    vif_networks_free(NULL);
}

static void networks_that_are_not_there_are_said_so(void **state)
{
    static const char *const bad_names[] = {"",       ".", "..", "../first/red", "/etc/passwd",
                                            ".hidden"};
    const char *const files[] = {"named.xml"};
    struct vif_networks *networks;
    const struct vif_network *network;
    char *error = NULL;

    (void)state;
    check_ok(vif_networks_new(files, 1, folders, 3, &networks, &error), &error);
    check_error(vif_networks_find(networks, "pink", &network, &error), -ENOENT, &error,
                "no network \"pink\" in first, second, third; networks: blue, broken, domain, "
                "green, red, wrong");
    check_error(vif_networks_find(networks, "wrong", &network, &error), -EINVAL, &error,
                "second/wrong.xml: holds network \"right\", not \"wrong\"");
    check_error(vif_networks_find(networks, "right", &network, &error), -ENOENT, &error,
                "no network \"right\"");
    check_error(vif_networks_find(networks, "broken", &network, &error), -EINVAL, &error,
                "second/broken.xml: line 1: malformed XML");
    check_error(vif_networks_find(networks, "domain", &network, &error), -EINVAL, &error,
                "second/domain.xml: a <network> is expected, but the root element is <domain>");
    for (size_t i = 0; i < ARRAY_LEN(bad_names); i++) {
        check_error(vif_networks_find(networks, bad_names[i], &network, &error), -EINVAL, &error,
                    "cannot be a network's name");
    }
    vif_networks_free(networks);

    check_ok(vif_networks_new(NULL, 0, NULL, 0, &networks, &error), &error);
    check_error(vif_networks_find(networks, "pink", &network, &error), -ENOENT, &error,
                "no network \"pink\"; networks: none");
    vif_networks_free(networks);
}

static void named_files_are_read_at_once(void **state)
{
    const char *const missing[] = {"named.xml", "missing.xml"};
    const char *const interface[] = {"interface.xml"};
    const char *const twice[] = {"named.xml", "again.xml"};
    struct vif_networks *networks;
    char *error = NULL;

    (void)state;
    check_error(vif_networks_new(missing, 2, NULL, 0, &networks, &error), -ENOENT, &error,
                "missing.xml: cannot be opened");
    check_error(vif_networks_new(interface, 1, NULL, 0, &networks, &error), -EINVAL, &error,
                "interface.xml: a <network> is expected, but the root element is <interface>");
    check_error(vif_networks_new(twice, 2, NULL, 0, &networks, &error), -EINVAL, &error,
                "network \"red\" is in both named.xml and again.xml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_read),
        cmocka_unit_test(what_is_wrong_is_refused_by_name),
        cmocka_unit_test(interfaces_become_what_the_network_is_for),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(networks_are_found_in_order),
        cmocka_unit_test(networks_that_are_not_there_are_said_so),
        cmocka_unit_test(named_files_are_read_at_once),
    };

    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
