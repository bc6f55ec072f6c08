// SPDX-License-Identifier: GPL-2.0-only
/* What the fast builder's parser makes of our own notes. */
#include "noxs.h"
#include "pv_file.h"

/* What an image without notes of ours speaks nobody knows; one with them, but none of this kind, speaks 1. */
static void abi_note(void **state)
{
	static const uint32_t versions[] = { NOXS_ABI_VERSION, 1U << 16 | 2, 3U << 16 };
	static const uint64_t bad[] = { 0, 1UL << 32 | NOXS_ABI_VERSION };
	struct file *f = minios();
	struct pv_image img;
	unsigned int i;

	(void)state;
	assert_null(parse(&img, f, FILE_SIZE));
	assert_int_equal(img.abi, 0);
	add_own_note(f, PV_NOTE_MAPPED_KIB, &(uint32_t){ 512 }, 4);
	assert_null(parse(&img, f, FILE_SIZE));
	assert_int_equal(img.abi, 1U << 16);
	free(f);
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		f = minios();
		add_own_note(f, PV_NOTE_ABI, &(uint64_t){ versions[i] }, 8);
		assert_null(parse(&img, f, FILE_SIZE));
		assert_int_equal(img.abi, versions[i]);
		assert_int_equal(pv_image_abi(f->data, FILE_SIZE), versions[i]);
		free(f);
	}
	/* What says nothing is not taken for a kernel that has nothing to say. */
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = minios();
		add_own_note(f, PV_NOTE_ABI, &bad[i], 8);
		assert_null(parse(&img, f, FILE_SIZE));
		assert_int_equal(img.abi >> 16, 0);
		assert_int_not_equal(img.abi, 0);
		assert_int_equal(pv_image_abi(f->data, FILE_SIZE), img.abi);
		free(f);
	}
	f = minios();
	add_own_note(f, PV_NOTE_ABI, "xxx", 3);
	assert_non_null(parse(&img, f, FILE_SIZE));
	free(f);
}

/* Our own note; a senseless number in it changes nothing. */
static void own_note(void **state)
{
	static const struct {
		uint32_t kib;
		bool is_taken;
	} cases[] = { { 0, true }, { 64, true }, { 4096, true }, { 4097, false }, { ~0U, false } };
	struct pv_image img;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct file *f = minios();

		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_false(img.maps_itself);
		add_own_note(f, PV_NOTE_MAPPED_KIB, &cases[i].kib, 4);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_int_equal(img.maps_itself, cases[i].is_taken);
		assert_int_equal(img.mapped_kib, cases[i].is_taken ? cases[i].kib : 0);
		free(f);
	}
}

/* Whoever builds it: a note of ours says that a kernel knows noxs, another's or a broken one does not. */
static void own_note_alone(void **state)
{
	struct file *f = minios();
	const uint32_t kib = 64;
	struct pv_image img;
	unsigned char *cut;
	size_t size;

	(void)state;
	assert_null(parse(&img, f->data, FILE_SIZE));
	assert_int_equal(img.abi, 0);
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 0);
	add_own_note(f, PV_NOTE_MAPPED_KIB, &kib, 4);
	assert_null(parse(&img, f->data, FILE_SIZE));
	assert_int_equal(img.abi, 1U << 16);
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 1U << 16);
	/* All that matters is where the notes are. */
	segment(f, 0)->p_filesz = UINT64_MAX;
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 1U << 16);
	for (size = 0; size < NOTE_OFFSET + f->note_size + 1; size += size < 0x200 ? 1 : 7) {
		cut = malloc(size + !size);
		memcpy(cut, f->data, size);
		assert_int_equal(pv_image_abi(cut, size),
				 size >= NOTE_OFFSET + f->note_size ? 1U << 16 : 0);
		free(cut);
	}
	segment(f, 4)->p_offset = UINT64_MAX - 4;
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 0);
	segment(f, 4)->p_offset = NOTE_OFFSET;
	header(f)->e_phoff = UINT64_MAX;
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 0);
	free(f);
}

/* Without the note, or with a feature that is unknown or lacks another, the guest connects. */
static void vif_features(void **state)
{
	static const struct {
		uint64_t features;
		bool is_taken;
	} cases[] = {
		{ 0, true },
		{ NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_RX_NOTIFY, true },
		{ NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_GSO_TCPV4, true },
		{ NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_SG, false },
		{ NOXS_VIF_F_GSO_TCPV4, false },
		{ NOXS_VIF_F_SPLIT_EVTCHN, false },
		{ NOXS_VIF_F_MCAST_CTRL, false },
		{ NOXS_VIF_F_ALL + 1, false },
		{ 1UL << 32, false },
		{ UINT64_MAX, false },
	};
	struct pv_image img;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file *f = minios();

		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_false(img.takes_vifs);
		add_own_note(f, PV_NOTE_VIF_FEATURES, &cases[i].features, 8);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_int_equal(img.takes_vifs, cases[i].is_taken);
		assert_int_equal(img.vif_features, cases[i].is_taken ? cases[i].features : 0);
		free(f);
	}
}

/* A window is a whole page of the image, in its file or not; another one is refused. */
static void windows(void **state)
{
	static const uint64_t bad[] = { BASE - 0x1000,	BASE + 0xf000,	   BASE + 8, 0,
					UINT64_MAX - 1, UINT64_MAX - 0xfff };
	struct pv_image img;
	unsigned int i, w;

	(void)state;
	for (w = 0; w < PV_NR_WINDOWS; w++) {
		struct file *f = minios();

		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_true(img.window_pfn[w] == PV_NO_WINDOW);
		add_own_note(f, PV_NOTE_DEVICE_PAGE + w, &(uint64_t){ BASE + 0xe000 }, 8);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_int_equal(img.window_pfn[w], 14);
		check_sane(&img, FILE_SIZE);
		free(f);
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			f = minios();
			add_own_note(f, PV_NOTE_DEVICE_PAGE + w, &bad[i], 8);
			assert_non_null(parse(&img, f->data, FILE_SIZE));
			free(f);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abi_note),	  cmocka_unit_test(own_note),
		cmocka_unit_test(own_note_alone), cmocka_unit_test(vif_features),
		cmocka_unit_test(windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
