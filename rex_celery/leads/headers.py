"""What a column may be called: the fields of a lead and the names that CRMs and people give them."""

import re
from enum import StrEnum


class Field(StrEnum):
    """What a list may tell about a lead."""

    EMAIL = "email"
    PHONE = "phone"
    FULL_NAME = "full_name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    COMPANY = "company"
    TITLE = "title"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    TIMEZONE = "timezone"
    SOURCE = "source"
    STATUS = "status"
    CRM_ID = "crm_id"
    CRM_CREATED_ON = "crm_created_on"
    LAST_ACTIVITY_ON = "last_activity_on"
    LAST_ACTIVITY = "last_activity"
    ACTIVITIES = "activities"
    DEAL_STAGE = "deal_stage"
    DEAL_VALUE = "deal_value"
    NOTES = "notes"
    LINKEDIN_URL = "linkedin_url"


# How HubSpot, Salesforce, Pipedrive and people name each field, the best name first; compared without case, spaces
# and signs, so that "E-Mail", "email" and "Person - Email" minus its prefix are one.
_SYNONYMS: dict[Field, str] = {
    Field.EMAIL: "email,emailaddress,workemail,businessemail,primaryemail,contactemail,emailwork,mail,email1",
    Field.PHONE: "phone,phonenumber,mobilephone,mobilephonenumber,mobile,cell,cellphone,workphone,phonework,"
    "phonemobile,businessphone,directphone,telephone,tel,contactphone,phone1",
    Field.FULL_NAME: "fullname,name,contactname,contact,leadname,personname",
    Field.FIRST_NAME: "firstname,givenname,forename",
    Field.LAST_NAME: "lastname,surname,familyname",
    Field.COMPANY: "company,companyname,accountname,companyaccount,account,organization,organizationname,organisation,"
    "associatedcompany,primaryassociatedcompany,employer",
    Field.TITLE: "jobtitle,title,position,role,function",
    Field.CITY: "city,mailingcity,billingcity,town,locality",
    Field.REGION: "stateregion,state,region,stateprovince,mailingstateprovince,mailingstate,"
    "billingstate,province,county",
    Field.COUNTRY: "country,countryregion,mailingcountry,billingcountry,countrycode",
    Field.TIMEZONE: "timezone,ianatimezone",
    Field.SOURCE: "leadsource,source,originalsource,originaltrafficsource,sourcechannel",
    Field.STATUS: "leadstatus,status,lifecyclestage,contactstatus",
    Field.CRM_ID: "recordid,leadid,contactid,id,personid,crmid,externalid,dealid",
    Field.CRM_CREATED_ON: "createdate,createddate,datecreated,createdon,created,createdat,addtime,personcreated",
    Field.LAST_ACTIVITY_ON: "lastactivitydate,dateoflastactivity,lastactivityon,lastcontacted,lastcontactdate,"
    "lastcontactedon,lastmodifieddate,lasttouch,lastengagementdate",
    Field.LAST_ACTIVITY: "lastactivity,lastactivitytype,lastactivitysubject,typeoflastengagement",
    Field.ACTIVITIES: "activities,numberofactivities,activitycount,totalactivities,activitiescount,"
    "numberofsalesactivities,numberoftimescontacted,doneactivities",
    Field.DEAL_STAGE: "dealstage,stage,opportunitystage,recentdealstage,stagename,dealstatus",
    Field.DEAL_VALUE: "dealamount,dealvalue,amount,value,recentdealamount,opportunityamount,totaldealvalue",
    Field.NOTES: "notes,note,description,comments,comment,lastnote,message",
    Field.LINKEDIN_URL: "linkedin,linkedinurl,linkedinprofile,linkedinprofileurl,linkedinbio",
}
# Pipedrive writes "Person - Email"; the thing before the dash says whose field it is, and a deal's title is no job.
_PREFIX = re.compile(r"\A\s*(?:person|organization|lead|contact)\s+-\s+", re.IGNORECASE)
_ORGANIZATION = re.compile(r"\A\s*organization\s+-\s+name\s*\Z", re.IGNORECASE)
_SIGNS = re.compile(r"[\W_]+")
_BY_NAME = {name: (field, rank) for field, names in _SYNONYMS.items() for rank, name in enumerate(names.split(","))}


def meaning(name: str) -> tuple[Field | None, int]:
    """The field that a column of this name holds, and how good a name for it this is: 0 is the best."""
    if _ORGANIZATION.match(name):
        return Field.COMPANY, 0
    key = _SIGNS.sub("", _PREFIX.sub("", name).removeprefix("Deal - ").casefold())
    field, rank = _BY_NAME.get(key, (None, 0))
    return (None, 0) if field is Field.TITLE and name.startswith("Deal - ") else (field, rank)
