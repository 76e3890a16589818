/* vif/identity.h: who an interface is, where nobody said so. */
#include "support/test.h"

#include "base/mem.h"
#include "vif/identity.h"

#define UUID_1 "11111111-1111-4111-8111-111111111111"
#define UUID_2 "22222222-2222-4222-8222-222222222222"

static const struct mac mac_1 = {{0x52, 0x54, 0, 0, 0, 1}};
static const struct mac mac_2 = {{0x52, 0x54, 0, 0, 0, 2}};

/* These must never change: an upgrade of vifplug would take every running guest's interface for
 * another one. */
static void ids_stay_what_they_are(void **state)
{
    char id[37];

    (void)state;
    vif_identity_make(UUID_1, &mac_1, 0, id);
    assert_string_equal(id, "21ee0841-4cbd-5785-af58-e459f61c4e8e");
    vif_identity_make(UUID_1, NULL, 3, id);
    assert_string_equal(id, "1bc89745-b00b-575d-96bb-34313ed1dc94");
    vif_identity_make(NULL, &mac_1, 0, id);
    assert_string_equal(id, "46f96c20-5ff8-50e9-bc9d-f22c13d894c9");
}

static void ids_differ_where_interfaces_do(void **state)
{
    char ids[7][37];

    (void)state;
    vif_identity_make(UUID_1, &mac_1, 0, ids[0]);
    vif_identity_make(UUID_1, &mac_2, 0, ids[1]);
    vif_identity_make(UUID_2, &mac_1, 0, ids[2]);
    vif_identity_make(NULL, &mac_1, 0, ids[3]);
    vif_identity_make(UUID_1, NULL, 0, ids[4]);
    vif_identity_make(UUID_1, NULL, 1, ids[5]);
    vif_identity_make(UUID_2, NULL, 0, ids[6]);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        assert_int_equal(ids[i][14], '5');
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(ids[i], ids[j]);
        }
    }
}

/* The MAC address tells a domain's interfaces apart, so that moving one changes no other. */
static void with_an_address_the_position_does_not_count(void **state)
{
    char a[37];
    char b[37];

    (void)state;
    vif_identity_make(UUID_1, &mac_1, 0, a);
    vif_identity_make(UUID_1, &mac_1, 9, b);
    assert_string_equal(a, b);
}

static void without_anything_ids_are_random(void **state)
{
    char a[37];
    char b[37];

    (void)state;
    vif_identity_make(NULL, NULL, 0, a);
    vif_identity_make(NULL, NULL, 0, b);
    assert_string_not_equal(a, b);
    assert_int_equal(a[14], '4');
    vif_identity_random(a);
    assert_string_not_equal(a, b);
}

static void addresses_are_made_of_ids(void **state)
{
    struct mac mac = vif_identity_mac("bb9fe61c-d236-5255-8aa5-42bdcb647e1e");
    char text[MAC_TEXT_SIZE];

    (void)state;
    assert_string_equal(mac_format(&mac, text), "52:54:00:64:7e:1e");
    assert_int_equal(mac_check_guest(&mac, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_stay_what_they_are),
        cmocka_unit_test(ids_differ_where_interfaces_do),
        cmocka_unit_test(with_an_address_the_position_does_not_count),
        cmocka_unit_test(without_anything_ids_are_random),
        cmocka_unit_test(addresses_are_made_of_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
