-- upgrade
DROP TABLE "agent";
